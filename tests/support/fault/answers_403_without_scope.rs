//! Does not name the missing scope.

use super::edit_challenge;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-without-scope",
    breaks: &["mcp-auth-403-challenge-scope-param"],
    response: |_, response| {
        if response.status() == StatusCode::FORBIDDEN {
            edit_challenge(response, |challenge| super::without_param(challenge, "scope"));
        }
    },
    ..Fault::NONE
};
