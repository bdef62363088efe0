//! Answers 500 where there are two Authorization fields.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-two-credentials",
    breaks: &["mcp-auth-400-malformed"],
    response: |asked, response| {
        if asked.credentials > 1 {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
