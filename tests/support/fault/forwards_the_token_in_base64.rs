//! Tells the API behind it who calls, by the caller's token in base64, beside the token that it got for that API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "forwards-the-token-in-base64",
    breaks: &["mcp-auth-no-token-forwarding"],
    delegation: |delegation| delegation.header = Some(|token| STANDARD.encode(format!("caller={token}"))),
    launched: true,
    ..Fault::NONE
};
