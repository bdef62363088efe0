//! Agrees to whatever version initialize asks for.

use http::StatusCode;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "agrees-to-any-version",
    breaks: &["mcp-lifecycle-version-negotiated"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("initialize") && response.status() == StatusCode::OK {
            edit_json(response, |m| {
                m["result"]["protocolVersion"] = asked.message["params"]["protocolVersion"].clone();
            });
        }
    },
    ..Fault::NONE
};
