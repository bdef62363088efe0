//! Puts a reason that has quotes into the challenge as it stands, where a token has expired.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "quotes-without-escaping",
    breaks: &["rfc9110-11.2-challenge-grammar"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.claims()["exp"].is_number() {
            edit_challenge(response, |challenge| challenge.replace("expired", "\"exp\" passed"));
        }
    },
    ..Fault::NONE
};
