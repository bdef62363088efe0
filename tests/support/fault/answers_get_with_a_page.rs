//! Answers GET with a page.

use http::{HeaderValue, Method, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-get-with-a-page",
    breaks: &["mcp-transport-get-stream-or-405"],
    response: |asked, response| {
        if asked.method == Method::GET && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            *response.status_mut() = StatusCode::OK;
            response.headers_mut().insert("content-type", HeaderValue::from_static("text/html"));
            *response.body_mut() = "<p>This is an MCP server.</p>".into();
        }
    },
    ..Fault::NONE
};
