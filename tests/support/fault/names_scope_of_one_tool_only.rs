//! Names the scope that one tool needs, and forgets that of another.

use super::Fault;
use crate::oddity::scopes_two_tools::{two_scopes, wants_profile};

pub(super) const FAULT: Fault = Fault {
    name: "names-scope-of-one-tool-only",
    breaks: &["mcp-auth-403-challenge-scope-param"],
    metadata: two_scopes,
    response: |asked, response| wants_profile(asked, response, None),
    ..Fault::NONE
};
