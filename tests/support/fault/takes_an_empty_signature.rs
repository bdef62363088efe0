//! Verifies a signature only where there is one.

use super::{Fault, Signature};

pub(super) const FAULT: Fault = Fault {
    name: "takes-an-empty-signature",
    breaks: &["rfc9068-4-alg-none"],
    rules: |r| r.signature = Signature::IgnoredWhereEmpty,
    ..Fault::NONE
};
