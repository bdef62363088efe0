//! Names an endpoint of its zone in place of the issuer.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-token-endpoint",
    breaks: &["rfc9728-2-as-issuer-identifiers", "mcp-auth-prm-advertises-zone"],
    metadata: |document| {
        let zone = document["authorization_servers"][0].as_str().unwrap_or_default().to_owned();
        document["authorization_servers"] = json!([zone + "/oauth/2/token"]);
    },
    ..Fault::NONE
};
