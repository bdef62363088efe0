//! Answers 500 where a token is no JWT.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-garbage",
    breaks: &["mcp-auth-401-invalid-token"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.token().is_some() && !asked.is_jwt() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
