//! Says that a token was bad only where it was no JWT.

use http::StatusCode;

use super::{Fault, edit_challenge, without_param};

pub(super) const FAULT: Fault = Fault {
    name: "answers-jwts-without-error",
    breaks: &["rfc9068-4-error-invalid-token"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.is_jwt() {
            edit_challenge(response, |challenge| {
                without_param(&without_param(challenge, "error"), "error_description")
            });
        }
    },
    ..Fault::NONE
};
