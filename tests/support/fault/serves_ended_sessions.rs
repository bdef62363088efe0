//! Says that it ends a session and goes on with it.

use super::Fault;
use crate::oddity::opens_sessions::{self, Sessions};

pub(super) const FAULT: Fault = Fault {
    name: "serves-ended-sessions",
    breaks: &["mcp-session-terminated-404"],
    response: |asked, response| {
        opens_sessions::sessions(asked, response, &Sessions { ends: false, ..opens_sessions::SESSIONS });
    },
    ..Fault::NONE
};
