//! Refuses a request with Last-Event-ID.

use axum::body::Bytes;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-last-event-id",
    breaks: &["mcp-transport-last-event-id-ignored"],
    response: |asked, response| {
        if asked.header("last-event-id").is_some() && response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::BAD_REQUEST;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};
