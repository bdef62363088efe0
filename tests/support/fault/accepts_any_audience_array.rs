//! Compares `aud` only where it is a string.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-any-audience-array",
    breaks: &["rfc7519-4.1.3-aud-array", "mcp-auth-audience-missing-rejected"],
    rules: |r| r.audience = |aud, own, _| contains(aud, own) || aud.is_some_and(Value::is_array),
    ..Fault::NONE
};
