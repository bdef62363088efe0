//! Answers 500 where `iat` is text.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-iat-text",
    breaks: &["rfc7519-4.1.6-iat-number"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.claims()["iat"].is_string() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
