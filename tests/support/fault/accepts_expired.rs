//! Never looks at `exp`.

use super::Fault;

pub(super) const FAULT: Fault =
    Fault { name: "accepts-expired", breaks: &["rfc9068-4-exp"], rules: |r| r.leeway = i64::MAX, ..Fault::NONE };
