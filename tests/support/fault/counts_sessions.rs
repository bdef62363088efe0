//! Numbers its sessions.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Fault;
use crate::oddity::opens_sessions::{self, Sessions};

pub(super) const FAULT: Fault = Fault {
    name: "counts-sessions",
    breaks: &["sbp-session-id-nondeterministic", "mcp-session-id-secure"],
    response: |asked, response| {
        let next = || format!("session-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        opens_sessions::sessions(asked, response, &Sessions { id: next, ..opens_sessions::SESSIONS });
    },
    ..Fault::NONE
};

static NEXT: AtomicUsize = AtomicUsize::new(1);
