//! Takes a token for whatever begins with its resource.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-by-prefix",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience =
            |aud, own, _| contains(aud, own) || aud.and_then(Value::as_str).is_some_and(|aud| aud.starts_with(own));
    },
    ..Fault::NONE
};
