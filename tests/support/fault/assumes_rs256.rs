//! Takes a token that names no algorithm for one of RS256.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "assumes-rs256",
    breaks: &["rfc7515-4.1.1-alg-present"],
    rules: |r| r.unnamed = "RS256",
    ..Fault::NONE
};
