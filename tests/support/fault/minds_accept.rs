//! Serves its metadata only to who asks for JSON by name.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-accept",
    breaks: &["rfc9728-3.1-get"],
    response: |asked, response| {
        if asked.is_metadata() && asked.accept.as_deref() != Some("application/json") {
            *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
        }
    },
    ..Fault::NONE
};
