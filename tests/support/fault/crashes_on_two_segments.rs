//! Answers 500 where a token has two segments.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-two-segments",
    breaks: &["rfc7519-7.2-malformed-rejected"],
    response: |asked, response| {
        if asked.token().is_some_and(|token| token.matches('.').count() == 1) {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
