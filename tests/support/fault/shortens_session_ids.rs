//! Names its sessions by a number of thirty-two bits.

use super::Fault;
use crate::oddity::opens_sessions::{self, Sessions};

pub(super) const FAULT: Fault = Fault {
    name: "shortens-session-ids",
    breaks: &["mcp-session-id-secure"],
    response: |asked, response| {
        let short = || (opens_sessions::SESSIONS.id)().chars().take(8).collect();
        opens_sessions::sessions(asked, response, &Sessions { id: short, ..opens_sessions::SESSIONS });
    },
    ..Fault::NONE
};
