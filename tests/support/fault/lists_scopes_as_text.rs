//! Lists its scopes as one string.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-scopes-as-text",
    breaks: &["rfc9728-3.2-multiple-values-array"],
    metadata: |document| document["scopes_supported"] = json!("reports:read"),
    ..Fault::NONE
};
