//! Of two members with the same name takes the first.

use super::{Fault, Payload};

pub(super) const FAULT: Fault = Fault {
    name: "takes-first-of-doubled",
    breaks: &["rfc7515-4-duplicate-header-params", "rfc7519-4-duplicate-claims"],
    rules: |r| r.payload = Payload::FirstOfDoubled,
    ..Fault::NONE
};
