//! Says in its challenge whether a tool exists.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "hints-in-the-challenge",
    breaks: &["mcp-auth-validate-before-processing"],
    response: |asked, response| {
        if asked.tool.as_deref().is_some_and(|tool| tool.starts_with("conformance-")) && asked.authorization.is_none() {
            edit_challenge(response, |challenge| format!("{challenge}, realm=\"no such tool\""));
        }
    },
    ..Fault::NONE
};
