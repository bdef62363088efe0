//! Does not say that a token was bad.

use http::StatusCode;

use super::{Fault, edit_challenge, without_param};

pub(super) const FAULT: Fault = Fault {
    name: "answers-401-without-error",
    breaks: &["rfc6750-3-error-on-failed-token", "rfc6750-3.1-invalid-token-401", "rfc9068-4-error-invalid-token"],
    response: |_, response| {
        if response.status() == StatusCode::UNAUTHORIZED {
            edit_challenge(response, |challenge| {
                without_param(&without_param(challenge, "error"), "error_description")
            });
        }
    },
    ..Fault::NONE
};
