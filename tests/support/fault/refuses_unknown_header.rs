//! Refuses tokens with header parameters that it does not know.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-unknown-header",
    breaks: &["rfc7515-4-unknown-header-ignored"],
    rules: |r| r.header = |header| header.keys().all(|name| ["alg", "kid", "typ"].contains(&name.as_str())),
    ..Fault::NONE
};
