//! Takes tokens for an API that it calls.

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-upstream-audience",
    breaks: &["sbp-token-passthrough"],
    rules: |r| {
        r.audience = |aud, own, _| contains(aud, own) || contains(aud, "https://api.conformance.example/v1");
    },
    ..Fault::NONE
};
