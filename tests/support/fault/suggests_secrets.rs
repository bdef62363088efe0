//! Suggests to everybody what only some may see.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "suggests-secrets",
    breaks: &["mcp-completion-access-control"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("completion/complete") && response.status() == StatusCode::OK {
            edit_json(response, |message| message["result"]["completion"]["values"] = json!(["plans", "merger"]));
        }
    },
    ..Fault::NONE
};
