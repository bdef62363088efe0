//! Sends the answer to an earlier request along where there is a Last-Event-ID.

use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "replays-events",
    breaks: &["mcp-transport-last-event-id-ignored"],
    response: |asked, response| {
        if asked.header("last-event-id").is_some() && response.status() == StatusCode::OK {
            let earlier = json!({"jsonrpc": "2.0", "id": "earlier", "result": {}});
            let own = String::from_utf8_lossy(response.body()).into_owned();
            response.headers_mut().insert("content-type", HeaderValue::from_static("text/event-stream"));
            *response.body_mut() = format!("data: {earlier}\n\ndata: {own}\n\n").into();
        }
    },
    ..Fault::NONE
};
