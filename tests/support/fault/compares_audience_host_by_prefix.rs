//! Takes a token for a host that begins as its own does.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-host-by-prefix",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            let alike = |aud: &str| {
                let host = |text: &str| text.trim_end_matches("/mcp").to_owned();
                aud.ends_with("/mcp") && host(aud).starts_with(&host(own))
            };
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(alike)
        };
    },
    ..Fault::NONE
};
