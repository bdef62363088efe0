//! Sends no WWW-Authenticate with a 403.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-without-challenge",
    breaks: &["rfc6750-3-www-authenticate-on-403", "mcp-auth-403-challenge-insufficient-scope"],
    response: |asked, response| {
        if response.status() == StatusCode::FORBIDDEN && asked.is_mcp() {
            response.headers_mut().remove("www-authenticate");
        }
    },
    ..Fault::NONE
};
