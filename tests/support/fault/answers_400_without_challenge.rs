//! Sends no WWW-Authenticate with a 400 for malformed credentials.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-400-without-challenge",
    breaks: &["rfc6750-3-www-authenticate-on-400"],
    response: |asked, response| {
        if response.status() == StatusCode::BAD_REQUEST && asked.authorization.is_some() {
            response.headers_mut().remove("www-authenticate");
        }
    },
    ..Fault::NONE
};
