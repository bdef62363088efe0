//! Takes a list of issuers that has the right one.

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "takes-issuer-from-a-list",
    breaks: &["rfc9068-4-iss-missing"],
    rules: |r| r.issuer = |iss, own| contains(iss, own),
    ..Fault::NONE
};
