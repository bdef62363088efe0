//! Takes ES256 signatures whose numbers are zero, since zero equals zero.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-zero-signatures",
    breaks: &["rfc8725-3.4-invalid-inputs"],
    rules: |r| r.keys.es256 = |signature| signature.len() == 64 && signature.iter().all(|byte| *byte == 0),
    ..Fault::NONE
};
