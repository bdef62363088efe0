//! Asks for every scope that it knows, whatever the tool needs.

use http::StatusCode;

use super::{Fault, edit_challenge};
use crate::oddity::scopes_two_tools::{two_scopes, wants_profile};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-with-every-scope",
    breaks: &["sbp-scope-precise-challenge"],
    metadata: two_scopes,
    response: |asked, response| {
        wants_profile(asked, response, Some("profile:read"));
        if response.status() == StatusCode::FORBIDDEN {
            edit_challenge(response, |challenge| {
                challenge
                    .replace("\"reports:read\"", "\"profile:read\"")
                    .replace("\"profile:read\"", "\"profile:read reports:read\"")
            });
        }
    },
    ..Fault::NONE
};
