//! Guards the path that X-Original-URL names.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "obeys-original-url",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.header("x-original-url").is_some_and(|path| !path.starts_with("/mcp")),
    ..Fault::NONE
};
