//! Its metadata names nobody who issues tokens.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-no-authorization-server",
    breaks: &["mcp-auth-prm-authorization-servers"],
    metadata: |document| {
        document.as_object_mut().map(|members| members.remove("authorization_servers"));
    },
    ..Fault::NONE
};
