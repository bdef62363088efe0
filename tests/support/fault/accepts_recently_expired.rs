//! Gives half an hour of leeway.

use super::Fault;

pub(super) const FAULT: Fault =
    Fault { name: "accepts-recently-expired", breaks: &["rfc9068-4-exp"], rules: |r| r.leeway = 1800, ..Fault::NONE };
