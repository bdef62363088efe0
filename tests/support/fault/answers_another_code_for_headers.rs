//! Answers a missing Mcp-Method with an invalid request's code.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "answers-another-code-for-headers",
    breaks: &["mcp-transport-header-mismatch-code"],
    response: |asked, response| {
        if asked.header("mcp-method").is_none() && response.status() == StatusCode::BAD_REQUEST {
            edit_json(response, |m| {
                if m["error"]["code"] == -32020 {
                    m["error"]["code"] = json!(-32600);
                }
            });
        }
    },
    ..Fault::NONE
};
