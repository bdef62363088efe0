//! Compares audiences up to a question mark.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-without-query",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            let alike = |aud: &str| aud.split('?').next() == Some(own);
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(alike)
        };
    },
    ..Fault::NONE
};
