//! Takes the answer to a question that it may have asked, from anybody.

use axum::body::Bytes;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-answers",
    breaks: &["mcp-transport-authenticate-all"],
    response: |asked, response| {
        if asked.rpc_method.is_none()
            && asked.message["result"].is_object()
            && response.status() == StatusCode::UNAUTHORIZED
        {
            *response.status_mut() = StatusCode::ACCEPTED;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};
