//! Says that its list of tools is plain text.

use http::{HeaderValue, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "types-answers-as-text",
    breaks: &["mcp-transport-response-content-type"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("tools/list") && response.status() == StatusCode::OK {
            response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
        }
    },
    ..Fault::NONE
};
