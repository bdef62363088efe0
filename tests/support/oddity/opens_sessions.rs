//! Opens a session at initialize, wants it on every later request of that era, and ends it at DELETE.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use http::{HeaderValue, Method, StatusCode};

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "opens-sessions",
    response: |asked, response| {
        let verified = response.status() != StatusCode::UNAUTHORIZED;
        if !asked.is_mcp() || !asked.is_of_initialize_era() || !verified {
            return;
        }
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.rpc_method.as_deref() == Some("initialize") {
            let id = format!("session-{}", NEXT.fetch_add(1, Ordering::Relaxed));
            response.headers_mut().extend(HeaderValue::try_from(&id).map(|value| (SESSION, value)));
            open.insert(id);
        } else if !asked.session.as_ref().is_some_and(|id| open.contains(id)) {
            *response.status_mut() = StatusCode::NOT_FOUND;
        } else if asked.method == Method::DELETE {
            asked.session.as_ref().map(|id| open.remove(id));
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
    },
    ..Fault::NONE
};

const SESSION: http::HeaderName = http::HeaderName::from_static("mcp-session-id");

static OPEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

static NEXT: AtomicUsize = AtomicUsize::new(1);
