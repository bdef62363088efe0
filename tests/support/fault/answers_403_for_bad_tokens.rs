//! Answers 403 where a token is bad.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-for-bad-tokens",
    breaks: &["mcp-auth-401-invalid-token", "mcp-auth-401-expired-token"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.token().is_some() {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
    },
    ..Fault::NONE
};
