//! Fails on a body that is no JSON.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-broken-json",
    breaks: &["mcp-base-jsonrpc-errors"],
    response: |asked, response| {
        if asked.message.is_null() && !asked.body.is_empty() && response.status() == StatusCode::BAD_REQUEST {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
