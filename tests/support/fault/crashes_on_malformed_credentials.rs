//! Answers 500 where the Authorization field cannot be read.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-malformed-credentials",
    breaks: &["mcp-auth-400-malformed"],
    response: |asked, response| {
        if response.status() == StatusCode::BAD_REQUEST && asked.authorization.is_some() && !asked.is_jwt() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
