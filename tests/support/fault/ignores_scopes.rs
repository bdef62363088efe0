//! Lets every token do everything.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-scopes",
    breaks: &["oauth21-5.2-scope-checked"],
    scopes: |_| "reports:read".to_owned(),
    ..Fault::NONE
};
