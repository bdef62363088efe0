//! Publishes no metadata, and points to none.

use http::StatusCode;

use super::{Fault, edit_challenge, without_param};

pub(super) const FAULT: Fault = Fault {
    name: "publishes-no-metadata",
    breaks: &["mcp-auth-prm-implemented", "mcp-auth-discovery-mechanism"],
    response: |asked, response| {
        if asked.is_metadata() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        edit_challenge(response, |challenge| {
            format!("{}, realm=\"mcp\"", without_param(challenge, "resource_metadata"))
                .replacen("Bearer, ", "Bearer ", 1)
        });
    },
    ..Fault::NONE
};
