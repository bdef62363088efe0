//! Lists a scope that no request can carry.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-scope-with-space",
    breaks: &["rfc9728-2-scopes-supported"],
    metadata: |document| {
        if let Some(scopes) = document["scopes_supported"].as_array_mut() {
            scopes.push(json!("reports read"));
        }
    },
    ..Fault::NONE
};
