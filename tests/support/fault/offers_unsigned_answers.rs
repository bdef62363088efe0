//! Says that it may leave its answers unsigned.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "offers-unsigned-answers",
    breaks: &["rfc9728-2-signing-alg-none"],
    metadata: |document| document["resource_signing_alg_values_supported"] = json!(["RS256", "None"]),
    ..Fault::NONE
};
