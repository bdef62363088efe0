//! Compares audiences in any letter case.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "ignores-audience-case",
    breaks: &["rfc7519-4.1.3-aud-case-sensitive"],
    rules: |r| {
        r.audience = |aud, own, _| {
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(|aud| aud.eq_ignore_ascii_case(own))
        };
    },
    ..Fault::NONE
};
