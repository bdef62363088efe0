//! Speaks every revision with Streamable HTTP, from 2025-03-26 on.

use axum::body::Bytes;
use http::header::HeaderValue;
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault = Fault {
    name: "speaks-four-revisions",
    request: |asked, head| admit(asked, head, ALL),
    response: |asked, response| offer(asked, response, ALL),
    ..Fault::NONE
};

/// All of them, oldest first.
pub(crate) const ALL: &[&str] = &["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/// Has the server, which knows but the last two, take a request of one of these revisions and no other.
pub(crate) fn admit(asked: &Asked, head: &mut Parts, offered: &[&str]) {
    let Some(named) = asked.revision.as_deref().filter(|_| asked.is_of_initialize_era()) else { return };
    let named = if offered.contains(&named) { "2025-11-25" } else { "none-that-is-offered" };
    head.headers.insert("mcp-protocol-version", HeaderValue::from_static(named));
}

/// Has it agree to these revisions and no other.
pub(crate) fn offer(asked: &Asked, response: &mut Response<Bytes>, offered: &[&str]) {
    let Ok(mut message) = serde_json::from_slice::<Value>(response.body()) else { return };
    if !asked.is_mcp() || response.status() == StatusCode::UNAUTHORIZED {
        return;
    }
    if asked.rpc_method.as_deref() == Some("initialize") && message["result"].is_object() {
        let wanted = asked.message["params"]["protocolVersion"].as_str().unwrap_or_default();
        let newest = offered.iter().rev().find(|revision| **revision < "2026");
        let agreed = offered.iter().find(|revision| **revision == wanted).or(newest);
        message["result"]["protocolVersion"] = json!(agreed);
    } else if !asked.is_of_initialize_era() && !offered.contains(&"2026-07-28") {
        let error = json!({"code": -32000, "message": "unsupported protocol version"});
        message = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error});
        *response.status_mut() = StatusCode::BAD_REQUEST;
    } else {
        return;
    }
    *response.body_mut() = message.to_string().into();
}
