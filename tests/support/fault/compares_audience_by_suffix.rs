//! Takes a token for whatever ends as its resource does.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-by-suffix",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            let alike = |aud: &str| own.split_once("://").is_some_and(|(_, rest)| aud.ends_with(&format!("/{rest}")));
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(alike)
        };
    },
    ..Fault::NONE
};
