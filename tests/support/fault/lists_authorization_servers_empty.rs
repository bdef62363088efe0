//! Its metadata has an empty list of authorization servers.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-authorization-servers-empty",
    breaks: &["mcp-auth-prm-authorization-servers"],
    metadata: |document| document["authorization_servers"] = json!([]),
    ..Fault::NONE
};
