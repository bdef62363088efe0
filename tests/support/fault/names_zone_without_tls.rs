//! Names an authorization server beyond this machine without https.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-zone-without-tls",
    breaks: &["rfc9728-2-as-issuer-identifiers"],
    metadata: |document| {
        if let Some(listed) = document["authorization_servers"].as_array_mut() {
            listed.push(json!("http://zone.example"));
        }
    },
    ..Fault::NONE
};
