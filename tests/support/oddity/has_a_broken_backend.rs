//! Is two servers behind one address: one does not look at the audience, the other one refuses whatever comes. Calls reach
//! them in turn, from the one on after which the tools are known.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use http::StatusCode;

use crate::fault::Fault;

/// Calls that the first server gets before the second one takes part: the suite finds its token and its tools by then.
const ALONE: usize = 12;

pub(super) const ODDITY: Fault = Fault {
    name: "has-a-broken-backend",
    rules: |r| r.audience = |_, _, _| true,
    response: |asked, response| {
        if asked.token().is_none() || asked.tool.is_none() {
            return;
        }
        let nth = CALLS.fetch_add(1, Ordering::Relaxed);
        if nth >= ALONE && nth % 2 == 1 {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};

static CALLS: AtomicUsize = AtomicUsize::new(0);
