//! Opens the stream of a session for whoever names it.

use http::{HeaderValue, Method, StatusCode};

use super::Fault;
use crate::oddity::opens_sessions;

pub(super) const FAULT: Fault = Fault {
    name: "streams-by-session",
    breaks: &["sbp-session-not-authentication"],
    response: |asked, response| {
        let is_stream = asked.method == Method::GET && response.status() == StatusCode::UNAUTHORIZED;
        opens_sessions::sessions(asked, response, &opens_sessions::SESSIONS);
        if is_stream && opens_sessions::is_open(asked) {
            *response.status_mut() = StatusCode::OK;
            response.headers_mut().insert("content-type", HeaderValue::from_static("text/event-stream"));
        }
    },
    ..Fault::NONE
};
