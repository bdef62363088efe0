//! Names its resource with a query.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-resource-with-query",
    breaks: &["rfc9728-1.2-resource-no-query"],
    metadata: |document| {
        let own = document["resource"].as_str().unwrap_or_default().to_owned();
        document["resource"] = json!(own + "?v=1");
    },
    ..Fault::NONE
};
