//! Does not point to the metadata in a 403.

use super::edit_challenge;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-without-metadata",
    breaks: &["mcp-auth-403-challenge-resource-metadata"],
    response: |_, response| {
        if response.status() == StatusCode::FORBIDDEN {
            edit_challenge(response, |challenge| super::without_param(challenge, "resource_metadata"));
        }
    },
    ..Fault::NONE
};
