//! Names the scope that a tool needs to those only who have a token.

use http::StatusCode;

use super::{Fault, edit_challenge, without_param};

pub(super) const FAULT: Fault = Fault {
    name: "names-no-scope-without-token",
    breaks: &["mcp-auth-challenge-scope"],
    response: |_, response| {
        if response.status() == StatusCode::UNAUTHORIZED {
            edit_challenge(response, |challenge| without_param(challenge, "scope"));
        }
    },
    ..Fault::NONE
};
