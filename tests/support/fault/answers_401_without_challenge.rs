//! Sends no WWW-Authenticate with a 401.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-401-without-challenge",
    breaks: &["rfc9110-11.6.1-401-challenge"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.is_mcp() {
            response.headers_mut().remove("www-authenticate");
        }
    },
    ..Fault::NONE
};
