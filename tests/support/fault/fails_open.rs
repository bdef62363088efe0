//! Lets a token pass while the keys cannot be fetched.

use super::{Fault, Keys};

pub(super) const FAULT: Fault = Fault {
    name: "fails-open",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys = Keys::FailingOpen,
    ..Fault::NONE
};
