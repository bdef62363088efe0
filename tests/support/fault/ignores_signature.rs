//! Decodes tokens without verifying them.

use super::{Fault, Signature};

pub(super) const FAULT: Fault = Fault {
    name: "ignores-signature",
    breaks: &["rfc9068-4-signature", "rfc8725-3.8-keys-belong-to-issuer"],
    rules: |r| r.signature = Signature::Ignored,
    ..Fault::NONE
};
