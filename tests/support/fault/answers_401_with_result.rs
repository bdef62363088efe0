//! Carries a call out without a token, and sends its result with 401.

use http::StatusCode;
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-401-with-result",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.tool.is_some() && asked.authorization.is_none() {
            let result = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "result": {"content": []}});
            *response.body_mut() = result.to_string().into();
        }
    },
    ..Fault::NONE
};
