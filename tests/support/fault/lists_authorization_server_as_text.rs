//! Its metadata has one authorization server in place of a list.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-authorization-server-as-text",
    breaks: &["mcp-auth-prm-authorization-servers", "rfc9728-3.2-multiple-values-array"],
    metadata: |document| document["authorization_servers"] = document["authorization_servers"][0].clone(),
    ..Fault::NONE
};
