//! Serves its metadata with another 2xx than 200.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-203-for-metadata",
    breaks: &["rfc9728-3.2-status-200"],
    response: |asked, response| {
        if asked.is_metadata() && response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::NON_AUTHORITATIVE_INFORMATION;
        }
    },
    ..Fault::NONE
};
