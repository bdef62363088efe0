//! Numbers its handles.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "counts-handles",
    breaks: &["sbp-state-handle-unguessable"],
    inputs: |rules| rules.handle = |_| format!("cart-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
    ..Fault::NONE
};

static NEXT: AtomicUsize = AtomicUsize::new(1);
