//! Does not look at Origin.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-origin",
    breaks: &["mcp-transport-origin-validated"],
    request: |_, head| drop(head.headers.remove("origin")),
    ..Fault::NONE
};
