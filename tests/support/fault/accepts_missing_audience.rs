//! Compares `aud` only where there is one.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-missing-audience",
    breaks: &["mcp-auth-audience-missing-rejected"],
    rules: |r| {
        r.audience = |aud, own, _| match aud {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) if text.is_empty() => true,
            Some(Value::Array(all)) if all.is_empty() => true,
            aud => contains(aud, own),
        }
    },
    ..Fault::NONE
};
