//! Refuses a version and does not say which are spoken.

use serde_json::Value;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "lists-no-supported-versions",
    breaks: &["mcp-transport-version-unsupported-error"],
    response: |_, response| {
        edit_json(response, |m| {
            if m["error"]["code"] == -32022 {
                m["error"]["data"] = Value::Null;
            }
        });
    },
    ..Fault::NONE
};
