//! Has whoever is signed in complete the page that another user was sent to.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "connects-whoever-opens-its-page",
    breaks: &["mcp-elicitation-verify-user"],
    inputs: |rules| rules.same_user = false,
    ..Fault::NONE
};
