//! Sends its caller's token to the API behind it.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "forwards-the-token",
    breaks: &["mcp-auth-no-token-forwarding"],
    delegation: |delegation| delegation.forwards = true,
    launched: true,
    ..Fault::NONE
};
