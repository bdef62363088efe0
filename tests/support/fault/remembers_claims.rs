//! Caches verified tokens under their header and payload, without the signature.

use super::{Fault, Signature};

pub(super) const FAULT: Fault = Fault {
    name: "remembers-claims",
    breaks: &["rfc9068-4-signature", "rfc8725-3.8-keys-belong-to-issuer"],
    rules: |r| r.signature = Signature::RememberedByClaims,
    ..Fault::NONE
};
