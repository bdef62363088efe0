//! Does not look at the seal of what it takes back.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-altered-states",
    breaks: &["mcp-mrtr-request-state-integrity"],
    inputs: |rules| rules.sealed = false,
    ..Fault::NONE
};
