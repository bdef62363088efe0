//! Answers tools/list without looking at the token.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-list",
    breaks: &["mcp-transport-authenticate-all"],
    lets_in: |asked| asked.rpc_method.as_deref() == Some("tools/list"),
    ..Fault::NONE
};
