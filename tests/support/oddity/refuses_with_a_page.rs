//! Refuses with a page that says nothing, as a proxy in front does, the challenge aside.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "refuses-with-a-page",
    response: |_, response| {
        if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            *response.body_mut() = "<!doctype html><title>No</title><p>Reference: 7f3a".into();
        }
    },
    ..Fault::NONE
};
