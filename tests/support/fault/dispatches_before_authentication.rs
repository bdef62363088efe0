//! Answers 404 to a method that it does not have, before it looks at the token.

use http::StatusCode;
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "dispatches-before-authentication",
    breaks: &["mcp-auth-validate-before-processing"],
    response: |asked, response| {
        let is_unknown = asked.rpc_method.as_deref().is_some_and(|method| method.ends_with("/unknown"));
        if is_unknown && response.status() == StatusCode::UNAUTHORIZED {
            *response.status_mut() = StatusCode::NOT_FOUND;
            response.headers_mut().remove("www-authenticate");
            let error = json!({"code": -32601, "message": "no such method"});
            *response.body_mut() = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error}).to_string().into();
        }
    },
    ..Fault::NONE
};
