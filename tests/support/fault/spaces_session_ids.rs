//! Puts a space into its session ids.

use super::Fault;
use crate::oddity::opens_sessions::{self, Sessions};

pub(super) const FAULT: Fault = Fault {
    name: "spaces-session-ids",
    breaks: &["mcp-session-id-visible-ascii"],
    response: |asked, response| {
        let spaced = || format!("session {}", (opens_sessions::SESSIONS.id)());
        opens_sessions::sessions(asked, response, &Sessions { id: spaced, ..opens_sessions::SESSIONS });
    },
    ..Fault::NONE
};
