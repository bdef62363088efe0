//! Fails on a body that is an array.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-arrays",
    breaks: &["mcp-base-jsonrpc-errors"],
    response: |asked, response| {
        if asked.message.is_array() && response.status() == StatusCode::BAD_REQUEST {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
