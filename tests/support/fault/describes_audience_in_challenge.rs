//! Writes the audience of a refused token into its challenge, quotes and backslashes escaped as HTTP has it.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "describes-audience-in-challenge",
    breaks: &["rfc6750-3-error-charset"],
    response: |asked, response| {
        let audience = asked.claims()["aud"].as_str().unwrap_or_default().replace(['\r', '\n'], " ");
        let escaped = audience.replace('\\', "\\\\").replace('"', "\\\"");
        edit_challenge(response, |challenge| {
            challenge.replace("the token was issued for another resource", &format!("the token is for {escaped}"))
        });
    },
    ..Fault::NONE
};
