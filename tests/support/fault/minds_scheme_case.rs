//! Knows the scheme as `Bearer` only.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-scheme-case",
    breaks: &["rfc9110-11.1-scheme-case-insensitive"],
    request: |asked, head| {
        if asked.token().is_none() {
            head.headers.remove("authorization");
        }
    },
    ..Fault::NONE
};
