//! Asks for Basic credentials.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-with-basic",
    breaks: &["rfc6750-3-scheme-bearer"],
    response: |_, response| {
        if response.status() == StatusCode::UNAUTHORIZED {
            edit_challenge(response, |challenge| challenge.replacen("Bearer", "Basic", 1));
        }
    },
    ..Fault::NONE
};
