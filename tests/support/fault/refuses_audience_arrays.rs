//! Understands `aud` as a string only.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-audience-arrays",
    breaks: &["rfc7519-4.1.3-aud-array"],
    rules: |r| r.audience = |aud, own, _| aud.and_then(Value::as_str) == Some(own),
    ..Fault::NONE
};
