//! Answers broken JSON with a code that is kept for later.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "uses-a-reserved-code",
    breaks: &["mcp-base-reserved-error-codes"],
    response: |asked, response| {
        if asked.message.is_null() && response.status() == StatusCode::BAD_REQUEST {
            edit_json(response, |m| m["error"]["code"] = json!(-32050));
        }
    },
    ..Fault::NONE
};
