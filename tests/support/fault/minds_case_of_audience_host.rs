//! Compares an audience with its resource letter by letter.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-case-of-audience-host",
    breaks: &["mcp-auth-canonical-accept-uppercase"],
    rules: |r| {
        r.audience = |aud, own, _| match aud {
            Some(Value::Array(all)) => all.iter().any(|aud| aud == own),
            one => one.is_some_and(|aud| aud == own),
        }
    },
    ..Fault::NONE
};
