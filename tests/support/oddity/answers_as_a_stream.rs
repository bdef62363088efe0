//! Answers every message as an event stream.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "answers-as-a-stream",
    response: |_, response| {
        let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
        let is_message = serde_json::from_slice(response.body()).is_ok_and(|m: Value| m["jsonrpc"] == "2.0");
        if is_json && is_message {
            let message = String::from_utf8_lossy(response.body()).into_owned();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            *response.body_mut() = format!(": hello\n\nevent: message\ndata: {message}\n\n").into();
        }
    },
    ..Fault::NONE
};
