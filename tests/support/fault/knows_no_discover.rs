//! Speaks 2026-07-28 without server/discover.

use http::StatusCode;
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "knows-no-discover",
    breaks: &["mcp-base-server-discover"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("server/discover") && response.status() == StatusCode::OK {
            let error = json!({"code": -32601, "message": "no such method"});
            *response.status_mut() = StatusCode::NOT_FOUND;
            *response.body_mut() = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error}).to_string().into();
        }
    },
    ..Fault::NONE
};
