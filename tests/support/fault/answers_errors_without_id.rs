//! Leaves the id out of its errors.

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "answers-errors-without-id",
    breaks: &["mcp-base-error-id"],
    response: |_, response| {
        edit_json(response, |m| {
            if m["error"].is_object() {
                m.as_object_mut().map(|message| message.remove("id"));
            }
        });
    },
    ..Fault::NONE
};
