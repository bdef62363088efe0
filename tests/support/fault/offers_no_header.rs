//! Says that it takes tokens from the body alone.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "offers-no-header",
    breaks: &["rfc9728-2-bearer-methods"],
    metadata: |document| document["bearer_methods_supported"] = json!(["body"]),
    ..Fault::NONE
};
