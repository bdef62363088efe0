//! Answers 500 where `iss` is an array, before it has looked at the signature.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-issuer-arrays",
    breaks: &["mcp-auth-401-invalid-token"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.claims()["iss"].is_array() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
