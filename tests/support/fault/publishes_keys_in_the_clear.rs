//! Names a key set of its own that is fetched without TLS.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "publishes-keys-in-the-clear",
    breaks: &["rfc9728-2-jwks-uri-https"],
    metadata: |document| document["jwks_uri"] = json!("http://keys.example.com/jwks"),
    ..Fault::NONE
};
