//! Serves `whoami` three times, and from then on refuses whatever token comes: a server that goes down in the middle of a
//! run. It refuses bad tokens as well, which proves nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "gives-up",
    response: |asked, response| {
        let is_served = asked.tool.as_deref() == Some("whoami") && response.status() == StatusCode::OK;
        if is_served && SERVED.fetch_add(1, Ordering::Relaxed) >= 3 {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
    },
    ..Fault::NONE
};

static SERVED: AtomicUsize = AtomicUsize::new(0);
