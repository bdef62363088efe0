//! Names a scope that is not enough.

use super::edit_challenge;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-with-wrong-scope",
    breaks: &["mcp-auth-403-challenge-scope-param"],
    response: |_, response| {
        if response.status() == StatusCode::FORBIDDEN {
            edit_challenge(response, |challenge| challenge.replace("reports:read", "reports:list"));
        }
    },
    ..Fault::NONE
};
