//! Sends who comes without a token to a page, in place of 401.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "elicits-instead-of-401",
    breaks: &["mcp-elicitation-not-for-own-auth"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.rpc_method.is_some() {
            let url = "http://127.0.0.1:9/sign-in";
            let elicitation = json!({"mode": "url", "elicitationId": "1", "url": url, "message": "Sign in."});
            let data = json!({"elicitations": [elicitation]});
            let error = json!({"code": -32042, "message": "Sign in.", "data": data});
            let message = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error});
            *response.body_mut() = message.to_string().into();
            *response.status_mut() = StatusCode::OK;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    },
    ..Fault::NONE
};
