//! Answers 500 where `sub` is an object.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-odd-subject",
    breaks: &["rfc8725-3.8-subject-valid"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.claims()["sub"].is_object() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
