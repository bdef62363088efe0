//! Takes notifications without looking at the token.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-notifications",
    breaks: &["mcp-transport-notification-rejected-status"],
    lets_in: |asked| asked.rpc_method.as_deref().is_some_and(|method| method.starts_with("notifications/")),
    ..Fault::NONE
};
