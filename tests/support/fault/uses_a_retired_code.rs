//! Answers the call of a tool that it does not have with a code that older revisions had for resources.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "uses-a-retired-code",
    breaks: &["mcp-base-reserved-error-codes"],
    response: |asked, response| {
        if asked.tool.is_some() && response.status() == StatusCode::OK {
            edit_json(response, |m| {
                if m["error"].is_object() {
                    m["error"]["code"] = json!(-32002);
                }
            });
        }
    },
    ..Fault::NONE
};
