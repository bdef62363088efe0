//! Caches verified tokens under their signature alone.

use super::{Fault, Signature};

pub(super) const FAULT: Fault = Fault {
    name: "remembers-signature",
    breaks: &["rfc9068-4-signature"],
    rules: |r| r.signature = Signature::RememberedBySignature,
    ..Fault::NONE
};
