//! Takes an algorithm that it does not know for one that needs no check.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "skips-unknown-algorithms",
    breaks: &["rfc8725-3.1-alg-allowlist"],
    rules: |r| r.unsigned = |alg| matches!(alg, "ES512" | "EdDSA"),
    ..Fault::NONE
};
