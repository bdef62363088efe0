//! Knows the scheme as `Bearer` only.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-scheme-case",
    breaks: &["rfc9110-11.1-scheme-case-insensitive"],
    request: |asked, head| {
        if !asked.authorization.as_deref().is_some_and(|a| a.starts_with("Bearer ")) {
            head.headers.remove("authorization");
        }
    },
    ..Fault::NONE
};
