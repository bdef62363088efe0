//! Says with which algorithms it signs its answers.

use serde_json::json;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "signs-its-answers",
    metadata: |document| document["resource_signing_alg_values_supported"] = json!(["RS256", "ES256"]),
    ..Fault::NONE
};
