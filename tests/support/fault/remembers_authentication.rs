//! Serves tool calls without a token once one with a token has come.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "remembers-authentication",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| {
        if asked.token().is_some() {
            SEEN.store(true, Ordering::Relaxed);
        }
        asked.tool.is_some() && asked.authorization.is_none() && SEEN.load(Ordering::Relaxed)
    },
    ..Fault::NONE
};

static SEEN: AtomicBool = AtomicBool::new(false);
