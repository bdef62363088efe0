//! Its metadata has a `resource` that is no string.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-resource-by-number",
    breaks: &["rfc9728-2-resource-required"],
    metadata: |document| document["resource"] = json!(8080),
    ..Fault::NONE
};
