//! Asks for no claim but those that it compares.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-missing-claims",
    breaks: &["rfc9068-2.2-missing-required-claims"],
    rules: |r| r.required = |_| true,
    ..Fault::NONE
};
