//! Shows its tools to anybody, and marks none of them as read-only.

use axum::body::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "leaves-list-open",
    lets_in: |asked| asked.rpc_method.as_deref() == Some("tools/list"),
    response: |_, response| without_annotations(response),
    ..Fault::NONE
};

/// Takes the annotations out of a list of tools.
pub(super) fn without_annotations(response: &mut Response<Bytes>) {
    let Ok(mut message) = serde_json::from_slice::<Value>(response.body()) else { return };
    if message["result"]["tools"].is_array() {
        for tool in message["result"]["tools"].as_array_mut().into_iter().flatten() {
            tool["annotations"] = json!({});
        }
        *response.body_mut() = message.to_string().into();
    }
}
