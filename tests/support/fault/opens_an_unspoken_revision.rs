//! Says that it does not speak 2026-07-28, and carries out what is asked in it.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-an-unspoken-revision",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| !asked.is_of_initialize_era() && asked.tool.is_some(),
    response: |asked, response| {
        let is_ours = asked.is_mcp() && !asked.is_of_initialize_era();
        if is_ours && asked.tool.is_none() && asked.rpc_method.is_some() {
            *response.status_mut() = StatusCode::FORBIDDEN;
            *response.body_mut() = axum::body::Bytes::new();
        }
    },
    ..Fault::NONE
};
