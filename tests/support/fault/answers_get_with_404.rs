//! Answers GET with 404.

use http::{Method, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-get-with-404",
    breaks: &["mcp-transport-get-stream-or-405"],
    response: |asked, response| {
        if asked.method == Method::GET && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
    },
    ..Fault::NONE
};
