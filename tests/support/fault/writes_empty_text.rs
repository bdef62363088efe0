//! Writes an empty string for what it has nothing to say of.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "writes-empty-text",
    breaks: &["rfc9728-3.2-zero-values-omitted"],
    metadata: |document| document["resource_policy_uri"] = json!(""),
    ..Fault::NONE
};
