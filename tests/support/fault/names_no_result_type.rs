//! Answers tools/list without a resultType.

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "names-no-result-type",
    breaks: &["mcp-base-result-type"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("tools/list") {
            edit_json(response, |m| drop(m["result"].as_object_mut().map(|result| result.remove("resultType"))));
        }
    },
    ..Fault::NONE
};
