//! Writes a URL into its challenge without quotes.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-without-quotes",
    breaks: &["rfc9110-11.2-challenge-grammar"],
    response: |_, response| {
        if response.status() == StatusCode::UNAUTHORIZED {
            edit_challenge(response, |challenge| {
                challenge.replace("resource_metadata=\"", "resource_metadata=").trim_end_matches('"').to_owned()
            });
        }
    },
    ..Fault::NONE
};
