//! Takes its client for its audience.

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-client-audience",
    breaks: &["mcp-auth-no-other-tokens"],
    rules: |r| r.audience = |aud, own, _| contains(aud, own) || contains(aud, "conformance"),
    ..Fault::NONE
};
