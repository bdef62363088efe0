//! Takes any of the scopes that it knows for the one that a tool needs.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "requires-one-of-its-scopes",
    breaks: &["oauth21-5.2-scope-checked"],
    scopes: |claim| {
        let held = claim.as_str().unwrap_or_default();
        if held.is_empty() { String::new() } else { format!("{held} reports:read") }
    },
    ..Fault::NONE
};
