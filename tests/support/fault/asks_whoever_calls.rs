//! Asks a client that did not say that it can be asked.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "asks-whoever-calls",
    breaks: &["mcp-mrtr-no-undeclared-input"],
    inputs: |rules| rules.declared = false,
    ..Fault::NONE
};
