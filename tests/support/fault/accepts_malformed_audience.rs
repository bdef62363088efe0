//! Takes an `aud` that is no URL for a token without one.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-malformed-audience",
    breaks: &["mcp-auth-audience-missing-rejected"],
    rules: |r| {
        r.audience = |aud, own, _| match aud {
            Some(Value::Number(_)) => true,
            Some(Value::String(text)) if !text.is_empty() && !text.contains("://") => true,
            aud => contains(aud, own),
        }
    },
    ..Fault::NONE
};
