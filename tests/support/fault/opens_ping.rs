//! Answers ping without looking at the token.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-ping",
    breaks: &["mcp-transport-authenticate-all"],
    lets_in: |asked| asked.rpc_method.as_deref() == Some("ping"),
    ..Fault::NONE
};
