//! Takes an `exp` that is null for one that never comes.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-null-exp",
    breaks: &["rfc9068-4-missing-exp"],
    rules: |r| r.endless = |exp| exp == Some(&Value::Null),
    ..Fault::NONE
};
