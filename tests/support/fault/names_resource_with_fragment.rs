//! Names its resource with a fragment.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-resource-with-fragment",
    breaks: &["rfc9728-1.2-resource-no-fragment"],
    metadata: |document| {
        let own = document["resource"].as_str().unwrap_or_default().to_owned();
        document["resource"] = json!(own + "#tools");
    },
    ..Fault::NONE
};
