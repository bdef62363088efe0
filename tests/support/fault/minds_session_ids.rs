//! Looks for the session of a request that has none.

use axum::body::Bytes;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-session-ids",
    breaks: &["mcp-transport-session-id-ignored"],
    response: |asked, response| {
        if !asked.is_of_initialize_era() && asked.session.is_some() && response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::NOT_FOUND;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};
