//! Takes no request of the initialize era that does not name its version in a header.

use http::{Method, StatusCode};
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "wants-a-version-header",
    breaks: &["mcp-transport-version-absent-default"],
    response: |asked, response| {
        let is_first = asked.rpc_method.as_deref() == Some("initialize");
        let is_message = asked.is_mcp() && asked.method == Method::POST && asked.is_of_initialize_era();
        if is_message && asked.revision.is_none() && !is_first && response.status().is_success() {
            let error = json!({"code": -32600, "message": "the MCP-Protocol-Version header is missing"});
            *response.status_mut() = StatusCode::BAD_REQUEST;
            *response.body_mut() = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error}).to_string().into();
        }
    },
    ..Fault::NONE
};
