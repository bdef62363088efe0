//! Compares scopes without regard to letter case.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-scope-case",
    breaks: &["rfc6749-3.3-scope-case-sensitive"],
    scopes: |claim| claim.as_str().unwrap_or_default().to_lowercase(),
    ..Fault::NONE
};
