//! Answers 400 where an Origin is not allowed.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-400-for-foreign-origin",
    breaks: &["mcp-transport-origin-403"],
    response: |asked, response| {
        if asked.header("origin").is_some() && response.status() == StatusCode::FORBIDDEN {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
    },
    ..Fault::NONE
};
