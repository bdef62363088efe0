//! Serves tool calls without a token.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "serves-without-token",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    lets_in: |asked| asked.tool.is_some() && asked.authorization.is_none(),
    ..Fault::NONE
};
