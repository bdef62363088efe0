//! Answers 202 to notifications, with a body.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-notifications-with-a-body",
    breaks: &["mcp-transport-notification-202"],
    response: |_, response| {
        if response.status() == StatusCode::ACCEPTED {
            *response.body_mut() = "accepted".into();
        }
    },
    ..Fault::NONE
};
