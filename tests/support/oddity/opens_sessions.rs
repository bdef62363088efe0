//! Opens a session at initialize, wants it on every later request of that era, and ends it at DELETE. A session's id is
//! random, and it is refused to other users.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault =
    Fault { name: "opens-sessions", response: |asked, response| sessions(asked, response, &SESSIONS), ..Fault::NONE };

/// How sessions are kept.
pub(crate) struct Sessions {
    /// Makes an id.
    pub(crate) id: fn() -> String,
    /// Whether a session is refused to others than who opened it.
    pub(crate) bound: bool,
    /// Whether DELETE ends a session.
    pub(crate) ends: bool,
}

/// As they should be.
pub(crate) const SESSIONS: Sessions = Sessions { id: random, bound: true, ends: true };

/// Keeps sessions around an answer of a server that has none.
pub(crate) fn sessions(asked: &Asked, response: &mut Response<Bytes>, how: &Sessions) {
    let verified = response.status() != StatusCode::UNAUTHORIZED;
    if !asked.is_mcp() || !asked.is_of_initialize_era() || !verified {
        return;
    }
    let subject = asked.claims()["sub"].as_str().unwrap_or_default().to_owned();
    let mut open = open();
    if asked.rpc_method.as_deref() == Some("initialize") {
        let id = (how.id)();
        response.headers_mut().extend(HeaderValue::try_from(&id).map(|value| (SESSION, value)));
        open.insert(id, subject);
        return;
    }
    let owner = asked.session.as_ref().and_then(|id| open.get(id));
    let refusal = match owner {
        _ if asked.session.is_none() => Some(StatusCode::BAD_REQUEST),
        None => Some(StatusCode::NOT_FOUND),
        Some(owner) if how.bound && *owner != subject => Some(StatusCode::NOT_FOUND),
        Some(_) if asked.method == Method::DELETE => Some(StatusCode::NO_CONTENT),
        Some(_) => None,
    };
    if let Some(status) = refusal {
        *response.status_mut() = status;
        *response.body_mut() = Bytes::new();
    }
    if refusal == Some(StatusCode::NO_CONTENT) && how.ends {
        asked.session.as_ref().map(|id| open.remove(id));
    }
}

/// Whether the request names a session that is open.
pub(crate) fn is_open(asked: &Asked) -> bool {
    asked.session.as_ref().is_some_and(|id| open().contains_key(id))
}

fn random() -> String {
    let mut bytes = [0; 16];
    // An id that comes twice is a finding, so that a failure here does not pass unseen.
    let _ = openssl::rand::rand_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const SESSION: http::HeaderName = http::HeaderName::from_static("mcp-session-id");

fn open() -> MutexGuard<'static, BTreeMap<String, String>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who opened each session.
static OPEN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
