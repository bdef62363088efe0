//! Serves whoever has a handle as its user.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-a-handle-for-a-token",
    breaks: &["sbp-state-handle-not-authentication"],
    inputs: |rules| rules.handle_is_token = true,
    ..Fault::NONE
};
