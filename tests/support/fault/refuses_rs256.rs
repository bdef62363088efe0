//! Accepts PS256 only.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-rs256",
    breaks: &["rfc9068-2.1-rs256-supported"],
    rules: |r| r.algorithms = &["PS256"],
    ..Fault::NONE
};
