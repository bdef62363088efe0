//! Lists a scope for everything.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-wildcard-scope",
    breaks: &["sbp-scope-no-wildcards"],
    metadata: |document| {
        if let Some(scopes) = document["scopes_supported"].as_array_mut() {
            scopes.push(json!("reports:*"));
        }
    },
    ..Fault::NONE
};
