//! Answers server/discover with a cacheScope that does not exist.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "gives-an-odd-cache-scope",
    breaks: &["mcp-caching-hints-present"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("server/discover") && response.status() == StatusCode::OK {
            edit_json(response, |m| m["result"]["cacheScope"] = json!("shared"));
        }
    },
    ..Fault::NONE
};
