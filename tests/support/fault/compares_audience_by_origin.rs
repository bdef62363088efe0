//! Takes a token for any path of its origin.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-by-origin",
    breaks: &["mcp-auth-only-own-resources", "rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            contains(aud, own)
                || aud.and_then(Value::as_str).is_some_and(|aud| aud.starts_with(own.trim_end_matches("mcp")))
        }
    },
    ..Fault::NONE
};
