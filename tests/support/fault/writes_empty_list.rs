//! Writes an empty list for what it has nothing to say of.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "writes-empty-list",
    breaks: &["rfc9728-3.2-zero-values-omitted"],
    metadata: |document| document["dpop_signing_alg_values_supported"] = json!([]),
    ..Fault::NONE
};
