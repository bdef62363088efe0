//! Speaks 2026-07-28 and nothing older.

use axum::body::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::json;

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault =
    Fault { name: "speaks-one-revision", response: |asked, response| refuse_older(asked, response), ..Fault::NONE };

/// Refuses a message of an older revision to whoever has a token.
pub(crate) fn refuse_older(asked: &Asked, response: &mut Response<Bytes>) {
    let is_older = asked.is_mcp() && asked.method == Method::POST && asked.is_of_initialize_era();
    if is_older && response.status() == StatusCode::OK {
        let data = json!({"supported": ["2026-07-28"]});
        let error = json!({"code": -32022, "message": "unsupported protocol version", "data": data});
        *response.status_mut() = StatusCode::BAD_REQUEST;
        *response.body_mut() = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error}).to_string().into();
    }
}
