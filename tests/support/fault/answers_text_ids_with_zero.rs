//! Takes ids for numbers, and answers errors to others with 0.

use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "answers-text-ids-with-zero",
    breaks: &["mcp-base-error-id"],
    response: |_, response| {
        edit_json(response, |m| {
            if m["error"].is_object() && m["id"].is_string() {
                m["id"] = json!(0);
            }
        });
    },
    ..Fault::NONE
};
