//! Names its sessions by the time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Fault;
use crate::oddity::opens_sessions::{self, Sessions};

pub(super) const FAULT: Fault = Fault {
    name: "names-sessions-by-the-clock",
    breaks: &["sbp-session-id-nondeterministic"],
    response: |asked, response| {
        let now = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            format!("{:032x}", since.as_nanos())
        };
        opens_sessions::sessions(asked, response, &Sessions { id: now, ..opens_sessions::SESSIONS });
    },
    ..Fault::NONE
};
