//! Shows the metadata of another server.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-other-resource",
    breaks: &["rfc9728-3.3-resource-match-request-url", "rfc9728-3.3-resource-match-wellknown"],
    metadata: |document| document["resource"] = json!("https://other.example/mcp"),
    ..Fault::NONE
};
