//! Takes a token without `exp` for one that never ends.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-missing-exp",
    breaks: &["rfc9068-4-missing-exp"],
    rules: |r| r.endless = |_| true,
    ..Fault::NONE
};
