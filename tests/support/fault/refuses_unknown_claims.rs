//! Refuses tokens with claims that it does not know.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-unknown-claims",
    breaks: &["rfc7519-4-unknown-claims-ignored"],
    rules: |r| r.claims = |claims| claims.keys().all(|name| !name.starts_with("urn:")),
    ..Fault::NONE
};
