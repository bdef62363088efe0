//! Serves any user who has a handle.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "shares-handles",
    breaks: &["sbp-state-handle-bound-to-user"],
    inputs: |rules| rules.handle_bound = false,
    ..Fault::NONE
};
