//! Asks for a password with a form, and says so beside the field alone.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "asks-for-a-password-in-words",
    breaks: &["mcp-elicitation-form-no-secrets"],
    inputs: |rules| rules.description = "Your GitHub password",
    ..Fault::NONE
};
