//! Answers 401 where a scope is missing.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-401-for-scope",
    breaks: &[
        "mcp-auth-403-insufficient-permissions",
        "mcp-auth-403-challenge-insufficient-scope",
        "rfc6750-3.1-insufficient-scope-403",
    ],
    response: |_, response| {
        if response.status() == StatusCode::FORBIDDEN && response.headers().contains_key("www-authenticate") {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
    },
    ..Fault::NONE
};
