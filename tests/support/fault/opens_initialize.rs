//! Answers initialize without looking at the token.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-initialize",
    breaks: &["mcp-transport-authenticate-all"],
    lets_in: |asked| asked.rpc_method.as_deref() == Some("initialize"),
    ..Fault::NONE
};
