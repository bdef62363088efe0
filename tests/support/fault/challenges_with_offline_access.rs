//! Asks for a scope that permits nothing here.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-with-offline-access",
    breaks: &["mcp-auth-challenge-no-offline-access"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.authorization.is_some() {
            edit_challenge(response, |challenge| format!("{challenge}, scope=\"offline_access\""));
        }
    },
    ..Fault::NONE
};
