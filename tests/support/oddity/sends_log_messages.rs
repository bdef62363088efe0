//! Declares `logging` and sends a log message with the result of each call, where one was asked for; in the older era also
//! where none was.

use axum::body::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault = Fault {
    name: "sends-log-messages",
    response: |asked, response| sends_log_messages(asked, response, "a tool was called"),
    ..Fault::NONE
};

/// Declares the capability, takes a level, and puts a message with this text in front of results.
pub(crate) fn sends_log_messages(asked: &Asked, response: &mut Response<Bytes>, text: &str) {
    if response.status() != StatusCode::OK {
        return;
    }
    let Ok(mut answer) = serde_json::from_slice::<Value>(response.body()) else { return };
    match asked.rpc_method.as_deref() {
        Some("initialize" | "server/discover") if answer["result"].is_object() => {
            answer["result"]["capabilities"]["logging"] = json!({});
            *response.body_mut() = answer.to_string().into();
        }
        Some("logging/setLevel") if asked.is_of_initialize_era() => {
            let taken = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "result": {}});
            *response.body_mut() = taken.to_string().into();
        }
        Some("tools/call") => {
            let level = &asked.message["params"]["_meta"]["io.modelcontextprotocol/logLevel"];
            if !asked.is_of_initialize_era() && level.is_null() {
                return;
            }
            let params = json!({"level": "debug", "logger": "tools", "data": text});
            let message = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": params});
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            *response.body_mut() = format!("data: {message}\n\ndata: {answer}\n\n").into();
        }
        _ => {}
    }
}
