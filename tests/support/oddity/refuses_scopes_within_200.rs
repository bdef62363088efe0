//! Refuses for want of a scope with an error of the tool, as many SDKs leave their users no other way.

use http::StatusCode;
use serde_json::json;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "refuses-scopes-within-200",
    response: |asked, response| {
        let is_for_scope =
            response.status() == StatusCode::FORBIDDEN && response.headers().contains_key("www-authenticate");
        if is_for_scope && asked.tool.is_some() {
            let error = json!({"isError": true, "content": [{"type": "text", "text": "insufficient scope"}]});
            *response.status_mut() = StatusCode::OK;
            response.headers_mut().remove("www-authenticate");
            *response.body_mut() = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "result": error}).to_string().into();
        }
    },
    ..Fault::NONE
};
