//! Serves a document about its origin at the well-known URL of its path.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-its-origin-at-its-path",
    breaks: &["rfc9728-3.3-resource-match-wellknown", "rfc9728-3.3-resource-exact-request-url"],
    metadata: |document| {
        let own = document["resource"].as_str().unwrap_or_default().trim_end_matches("/mcp").to_owned();
        document["resource"] = json!(own);
    },
    ..Fault::NONE
};
