//! Ends a session for whoever names it, with an expired token too.

use http::{Method, StatusCode};

use super::Fault;
use crate::oddity::opens_sessions;

pub(super) const FAULT: Fault = Fault {
    name: "ends-sessions-of-others",
    breaks: &["sbp-session-not-authentication"],
    response: |asked, response| {
        let is_end = asked.method == Method::DELETE && asked.is_jwt() && response.status() == StatusCode::UNAUTHORIZED;
        opens_sessions::sessions(asked, response, &opens_sessions::SESSIONS);
        if is_end && opens_sessions::is_open(asked) {
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().remove("content-type");
        }
    },
    ..Fault::NONE
};
