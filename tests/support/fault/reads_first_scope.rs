//! Looks at the first scope of a token only.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-first-scope",
    breaks: &["rfc6749-3.3-scope-order"],
    scopes: |claim| claim.as_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned(),
    ..Fault::NONE
};
