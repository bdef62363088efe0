//! Answers 200 to notifications.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-200-to-notifications",
    breaks: &["mcp-transport-notification-202"],
    response: |_, response| {
        if response.status() == StatusCode::ACCEPTED {
            *response.status_mut() = StatusCode::OK;
        }
    },
    ..Fault::NONE
};
