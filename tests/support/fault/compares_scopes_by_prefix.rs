//! Takes a scope for whatever it begins with.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "compares-scopes-by-prefix",
    breaks: &["rfc6749-3.3-scope-case-sensitive"],
    scopes: |claim| {
        let held = claim.as_str().unwrap_or_default();
        if held.split(' ').any(|scope| scope.starts_with("reports:read")) {
            "reports:read".to_owned()
        } else {
            held.to_owned()
        }
    },
    ..Fault::NONE
};
