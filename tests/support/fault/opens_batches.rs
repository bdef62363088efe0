//! Serves a batch without looking at the token.

use http::StatusCode;
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-batches",
    breaks: &["sbp-verify-all-requests"],
    response: |asked, response| {
        if let (Some(batch), StatusCode::UNAUTHORIZED) = (asked.message.as_array(), response.status()) {
            let answers = batch.iter().map(|m| json!({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": []}}));
            let answers: Vec<_> = answers.collect();
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = json!(answers).to_string().into();
        }
    },
    ..Fault::NONE
};
