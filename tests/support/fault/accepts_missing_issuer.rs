//! Compares `iss` only where it is a string.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-missing-issuer",
    breaks: &["rfc9068-4-iss-missing"],
    rules: |r| r.issuer = |iss, own| iss.and_then(Value::as_str).is_none_or(|iss| iss.is_empty() || iss == own),
    ..Fault::NONE
};
