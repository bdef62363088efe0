//! Listens before it has the zone's keys: the first three requests with a token get 401.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use http::StatusCode;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "wakes-up-late",
    response: |asked, response| {
        if asked.is_jwt() && SEEN.fetch_add(1, Ordering::Relaxed) < 3 {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};

static SEEN: AtomicUsize = AtomicUsize::new(0);
