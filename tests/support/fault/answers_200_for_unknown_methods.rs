//! Answers 200 where it does not know the method.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-200-for-unknown-methods",
    breaks: &["mcp-transport-method-not-found-404"],
    response: |asked, response| {
        if response.status() == StatusCode::NOT_FOUND && asked.is_mcp() {
            *response.status_mut() = StatusCode::OK;
        }
    },
    ..Fault::NONE
};
