//! Wants a token for its metadata.

use http::HeaderValue;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "guards-metadata",
    breaks: &["keycard-guide-wellknown-unauthenticated"],
    response: |asked, response| {
        if asked.is_metadata() && asked.authorization.is_none() {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"metadata\""));
        }
    },
    ..Fault::NONE
};
