//! Takes the answer to one user's question from another.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-answers-of-others",
    breaks: &["mcp-elicitation-bound-to-identity", "mcp-mrtr-request-state-principal"],
    inputs: |rules| rules.principal = false,
    ..Fault::NONE
};
