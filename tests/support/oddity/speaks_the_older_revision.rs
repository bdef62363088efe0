//! Speaks 2025-11-25 and nothing newer.

use http::{Method, StatusCode};
use serde_json::json;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "speaks-the-older-revision",
    response: |asked, response| {
        let is_newer = asked.is_mcp() && asked.method == Method::POST && !asked.is_of_initialize_era();
        if is_newer && !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let error = json!({"code": -32000, "message": "Bad Request: Unsupported protocol version"});
            *response.status_mut() = StatusCode::BAD_REQUEST;
            *response.body_mut() = json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string().into();
        }
    },
    ..Fault::NONE
};
