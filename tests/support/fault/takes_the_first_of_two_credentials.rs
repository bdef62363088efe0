//! Takes the first of two Authorization fields.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-the-first-of-two-credentials",
    breaks: &["rfc6750-3.1-invalid-request-400"],
    request: |asked, head| {
        let first = head.headers.get("authorization").cloned();
        if let (2, Some(first)) = (asked.credentials, first) {
            head.headers.insert("authorization", first);
        }
    },
    ..Fault::NONE
};
