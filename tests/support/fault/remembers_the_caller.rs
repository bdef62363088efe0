//! Takes every request of a connection that is to be kept for one of whoever came first over it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "remembers-the-caller",
    breaks: &["mcp-base-stateless-no-prior-requests"],
    response: |asked, response| {
        let claims = asked.claims();
        if let (Some("keep-alive"), Some(subject)) = (asked.header("connection"), claims["sub"].as_str()) {
            let mut callers = CALLERS.lock().unwrap_or_else(PoisonError::into_inner);
            let first = callers.entry(asked.peer).or_insert_with(|| subject.to_owned());
            let body = String::from_utf8_lossy(response.body()).replace(subject, first);
            *response.body_mut() = body.into();
        }
    },
    ..Fault::NONE
};

static CALLERS: Mutex<BTreeMap<SocketAddr, String>> = Mutex::new(BTreeMap::new());
