//! Compares a wrapped Mcp-Name as it stands.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "compares-names-undecoded",
    breaks: &["mcp-transport-name-base64-decoded"],
    response: |asked, response| {
        if asked.header("mcp-name").is_some_and(|name| name.starts_with("=?base64?"))
            && response.status() == StatusCode::OK
        {
            *response.status_mut() = StatusCode::BAD_REQUEST;
            edit_json(response, |m| m["error"] = json!({"code": -32020, "message": "Mcp-Name differs"}));
        }
    },
    ..Fault::NONE
};
