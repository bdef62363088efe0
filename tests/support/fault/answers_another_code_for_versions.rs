//! Answers a version that it does not speak as parameters that are wrong.

use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "answers-another-code-for-versions",
    breaks: &["mcp-transport-version-unsupported-error"],
    response: |_, response| {
        edit_json(response, |m| {
            if m["error"]["code"] == -32022 {
                m["error"]["code"] = json!(-32602);
            }
        });
    },
    ..Fault::NONE
};
