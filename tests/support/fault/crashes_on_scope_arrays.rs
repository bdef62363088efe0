//! Crashes when the scope claim is an array.

use axum::body::Bytes;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-scope-arrays",
    breaks: &["rfc8693-4.2-scope-claim-string"],
    response: |asked, response| {
        if asked.claims()["scope"].is_array() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            *response.body_mut() = Bytes::from_static(b"TypeError: scope.split is not a function");
        }
    },
    ..Fault::NONE
};
