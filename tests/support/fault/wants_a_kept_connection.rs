//! Serves nobody who closes the connection.

use axum::body::Bytes;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "wants-a-kept-connection",
    breaks: &["mcp-base-stateless-no-connection-affinity"],
    response: |asked, response| {
        if asked.header("connection") == Some("close") && response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::BAD_REQUEST;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};
