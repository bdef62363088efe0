//! Answers 404 where a request names no session.

use http::StatusCode;

use super::Fault;
use crate::oddity::opens_sessions;

pub(super) const FAULT: Fault = Fault {
    name: "answers-404-without-session",
    breaks: &["mcp-session-missing-400"],
    response: |asked, response| {
        opens_sessions::sessions(asked, response, &opens_sessions::SESSIONS);
        if asked.session.is_none() && response.status() == StatusCode::BAD_REQUEST && asked.is_of_initialize_era() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
    },
    ..Fault::NONE
};
