//! Answers tools/list without saying how long that holds.

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "gives-no-ttl",
    breaks: &["mcp-caching-hints-present"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("tools/list") {
            edit_json(response, |m| drop(m["result"].as_object_mut().map(|result| result.remove("ttlMs"))));
        }
    },
    ..Fault::NONE
};
