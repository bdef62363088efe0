//! Answers 403 where there is no token.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-without-token",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    response: |asked, response| {
        if asked.is_mcp() && asked.authorization.is_none() {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
    },
    ..Fault::NONE
};
