//! Answers DELETE without looking at the token.

use axum::body::Bytes;
use http::{Method, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-delete",
    breaks: &["mcp-transport-authenticate-all"],
    response: |asked, response| {
        if asked.is_mcp() && asked.method == Method::DELETE && response.status() == StatusCode::UNAUTHORIZED {
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};
