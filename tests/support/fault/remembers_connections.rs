//! Serves a connection that is to be kept without a token, once it served one with it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::StatusCode;

use super::{Asked, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "remembers-connections",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.authorization.is_none() && is_kept(asked) && served().contains(&asked.peer),
    response: |asked, response| {
        if asked.token().is_some() && is_kept(asked) && response.status() == StatusCode::OK {
            served().insert(asked.peer);
        }
    },
    ..Fault::NONE
};

fn is_kept(asked: &Asked) -> bool {
    asked.header("connection") == Some("keep-alive")
}

fn served() -> MutexGuard<'static, BTreeSet<SocketAddr>> {
    SERVED.lock().unwrap_or_else(PoisonError::into_inner)
}

static SERVED: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());
