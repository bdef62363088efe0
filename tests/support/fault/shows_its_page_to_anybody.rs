//! Shows a page to whoever has its URL.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "shows-its-page-to-anybody",
    breaks: &["mcp-elicitation-url-not-preauthenticated"],
    inputs: |rules| rules.signed_in = false,
    ..Fault::NONE
};
