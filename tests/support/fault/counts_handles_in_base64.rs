//! Numbers its handles, and writes them as GraphQL servers commonly do.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "counts-handles-in-base64",
    breaks: &["sbp-state-handle-unguessable"],
    inputs: |rules| rules.handle = |_| STANDARD.encode(format!("Cart:{}", NEXT.fetch_add(1, Ordering::Relaxed))),
    ..Fault::NONE
};

static NEXT: AtomicUsize = AtomicUsize::new(1);
