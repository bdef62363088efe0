//! Hands out a cookie for a token, and serves whoever has one.

use http::{HeaderValue, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-its-cookie-for-a-token",
    breaks: &["rfc6750-5.3-no-cookie-token"],
    lets_in: |asked| {
        asked.authorization.is_none() && asked.header("cookie").is_some_and(|c| c.contains("sid=let-me-in"))
    },
    response: |asked, response| {
        if asked.token().is_some() && response.status() == StatusCode::OK {
            response.headers_mut().append("set-cookie", HeaderValue::from_static("sid=let-me-in; Path=/; Secure"));
        }
    },
    ..Fault::NONE
};
