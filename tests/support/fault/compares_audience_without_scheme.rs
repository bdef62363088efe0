//! Compares audiences without their scheme.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-without-scheme",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            let alike =
                |aud: &str| aud.split_once("://").map(|(_, rest)| rest) == own.split_once("://").map(|(_, rest)| rest);
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(alike)
        };
    },
    ..Fault::NONE
};
