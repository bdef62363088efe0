//! Takes the state of one request with another.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-states-of-other-requests",
    breaks: &["mcp-mrtr-request-state-request-bound"],
    inputs: |rules| rules.request = false,
    ..Fault::NONE
};
