//! Compares issuers without their final slash.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "normalises-issuer",
    breaks: &["rfc9068-4-iss-normalised"],
    rules: |r| r.issuer = |iss, own| iss.and_then(Value::as_str).is_some_and(|iss| iss.trim_end_matches('/') == own),
    ..Fault::NONE
};
