//! Names a zone whose tokens it does not accept.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-other-zone",
    breaks: &["mcp-auth-prm-advertises-zone"],
    metadata: |document| document["authorization_servers"] = json!(["https://zone.example"]),
    ..Fault::NONE
};
