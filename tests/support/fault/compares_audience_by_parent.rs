//! Takes a token for whatever its resource lies under.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-by-parent",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            let lies_under = |aud: &str| own.strip_prefix(aud).is_some_and(|rest| rest.starts_with('/'));
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(lies_under)
        };
    },
    ..Fault::NONE
};
