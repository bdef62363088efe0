//! Sends its caller's token to the API behind it where the exchange fails.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "falls-back-on-the-callers-token",
    breaks: &["mcp-auth-no-token-forwarding"],
    delegation: |delegation| delegation.falls_back = true,
    launched: true,
    ..Fault::NONE
};
