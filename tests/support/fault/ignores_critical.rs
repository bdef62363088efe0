//! Does not look at `crit`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-critical",
    breaks: &["rfc7515-4.1.11-crit-unknown"],
    rules: |r| r.crit = false,
    ..Fault::NONE
};
