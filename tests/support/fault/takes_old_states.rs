//! Takes a state for as long as it runs.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-old-states",
    breaks: &["mcp-mrtr-request-state-expiry"],
    inputs: |rules| rules.lapses = false,
    ..Fault::NONE
};
