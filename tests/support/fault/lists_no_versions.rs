//! Answers server/discover without the versions that it speaks.

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "lists-no-versions",
    breaks: &["mcp-base-server-discover"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("server/discover") {
            edit_json(response, |m| drop(m["result"].as_object_mut().map(|result| result.remove("supportedVersions"))));
        }
    },
    ..Fault::NONE
};
