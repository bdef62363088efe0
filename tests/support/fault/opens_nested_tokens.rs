//! Takes an unsigned token for verified because a signed one is around it.

use super::{Fault, Payload};

pub(super) const FAULT: Fault = Fault {
    name: "opens-nested-tokens",
    breaks: &["rfc8725-3.3-nested-validated"],
    rules: |r| r.payload = Payload::Nested,
    ..Fault::NONE
};
