//! Writes the parameters of its challenge without commas.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-without-commas",
    breaks: &["rfc9110-11.2-challenge-grammar"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.authorization.is_some() {
            edit_challenge(response, |challenge| challenge.replace("\", ", "\" "));
        }
    },
    ..Fault::NONE
};
