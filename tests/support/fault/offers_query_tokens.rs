//! Says that it takes tokens from the query.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "offers-query-tokens",
    breaks: &["rfc9728-2-bearer-methods"],
    metadata: |document| document["bearer_methods_supported"] = json!(["header", "query"]),
    ..Fault::NONE
};
