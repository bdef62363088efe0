//! Serves a session to any user.

use super::Fault;
use crate::oddity::opens_sessions::{self, Sessions};

pub(super) const FAULT: Fault = Fault {
    name: "shares-sessions",
    breaks: &["sbp-session-bound-to-user"],
    response: |asked, response| {
        opens_sessions::sessions(asked, response, &Sessions { bound: false, ..opens_sessions::SESSIONS });
    },
    ..Fault::NONE
};
