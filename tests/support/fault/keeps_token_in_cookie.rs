//! Hands the token back as a cookie.

use http::{HeaderValue, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "keeps-token-in-cookie",
    breaks: &["rfc6750-5.3-no-cookie-token"],
    response: |asked, response| {
        let cookie = asked.token().map(|token| HeaderValue::try_from(format!("token={token}; Path=/; Secure")));
        if let (StatusCode::OK, Some(Ok(cookie))) = (response.status(), cookie) {
            response.headers_mut().append("set-cookie", cookie);
        }
    },
    ..Fault::NONE
};
