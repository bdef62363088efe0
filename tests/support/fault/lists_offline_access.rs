//! Lists a scope that permits nothing here.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-offline-access",
    breaks: &["mcp-auth-scopes-supported-no-offline-access"],
    metadata: |document| {
        if let Some(scopes) = document["scopes_supported"].as_array_mut() {
            scopes.push(json!("offline_access"));
        }
    },
    ..Fault::NONE
};
