//! Verifies with the elliptic key that a token brings as `jwk`.

use super::{Fault, Strangers};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-embedded-curve",
    breaks: &["rfc9068-4-keys-from-as"],
    rules: |r| r.strangers = Strangers::EmbeddedCurve,
    ..Fault::NONE
};
