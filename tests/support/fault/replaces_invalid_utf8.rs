//! Reads claims that are no UTF-8, with what it cannot read replaced.

use super::{Fault, Payload};

pub(super) const FAULT: Fault = Fault {
    name: "replaces-invalid-utf8",
    breaks: &["rfc8725-3.7-utf8"],
    rules: |r| r.payload = Payload::Lossy,
    ..Fault::NONE
};
