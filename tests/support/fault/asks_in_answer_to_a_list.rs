//! Asks in answer to tools/list.

use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "asks-in-answer-to-a-list",
    breaks: &["mcp-mrtr-only-supported-requests"],
    response: |asked, response| {
        let capabilities = &asked.message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
        if asked.rpc_method.as_deref() == Some("tools/list") && capabilities["elicitation"].is_object() {
            edit_json(response, |message| {
                message["result"] = json!({"resultType": "input_required", "requestState": "more"});
            });
        }
    },
    ..Fault::NONE
};
