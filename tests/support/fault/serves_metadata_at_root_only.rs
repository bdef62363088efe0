//! Serves its metadata at the well-known URL of the origin alone.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "serves-metadata-at-root-only",
    breaks: &["rfc9728-3-path-insertion"],
    response: |asked, response| {
        edit_challenge(response, |challenge| {
            challenge.replace("oauth-protected-resource/mcp", "oauth-protected-resource")
        });
        if asked.is_metadata() && asked.uri.ends_with("/mcp") {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
    },
    ..Fault::NONE
};
