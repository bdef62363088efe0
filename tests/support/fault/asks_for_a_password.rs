//! Asks for a password with a form.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "asks-for-a-password",
    breaks: &["mcp-elicitation-form-no-secrets"],
    inputs: |rules| rules.property = |_| "password",
    ..Fault::NONE
};
