//! Names its resource with a final slash that means nothing.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-resource-with-slash",
    breaks: &["mcp-auth-canonical-no-trailing-slash"],
    metadata: |document| {
        let own = document["resource"].as_str().unwrap_or_default().to_owned();
        document["resource"] = json!(own + "/");
    },
    ..Fault::NONE
};
