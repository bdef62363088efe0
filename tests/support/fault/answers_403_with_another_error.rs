//! Says invalid_token where a scope is missing.

use super::edit_challenge;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-with-another-error",
    breaks: &["mcp-auth-403-challenge-insufficient-scope", "rfc6750-3.1-insufficient-scope-403"],
    response: |_, response| {
        if response.status() == StatusCode::FORBIDDEN {
            edit_challenge(response, |challenge| challenge.replace("insufficient_scope", "invalid_token"));
        }
    },
    ..Fault::NONE
};
