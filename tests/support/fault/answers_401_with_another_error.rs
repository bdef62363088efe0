//! Says with a word of its own that a token was bad.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "answers-401-with-another-error",
    breaks: &["rfc6750-3.1-invalid-token-401", "rfc9068-4-error-invalid-token"],
    response: |_, response| {
        if response.status() == StatusCode::UNAUTHORIZED {
            edit_challenge(response, |challenge| challenge.replace("invalid_token", "token_expired"));
        }
    },
    ..Fault::NONE
};
