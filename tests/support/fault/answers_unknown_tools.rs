//! Looks for the tool before the token, and says that there is none.

use http::StatusCode;
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-unknown-tools",
    breaks: &["mcp-auth-validate-before-processing"],
    response: |asked, response| {
        let is_unknown = asked.tool.as_deref().is_some_and(|tool| tool.starts_with("conformance-"));
        if is_unknown && response.status() == StatusCode::UNAUTHORIZED {
            let result = json!({"isError": true, "content": [{"type": "text", "text": "unknown tool"}]});
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "result": result}).to_string().into();
        }
    },
    ..Fault::NONE
};
