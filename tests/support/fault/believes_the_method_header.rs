//! Lets in calls that a header calls a ping.

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "believes-the-method-header",
    breaks: &["sbp-verify-all-requests"],
    response: |asked, response| {
        let is_call = matches!(asked.rpc_method.as_deref(), Some("tools/call" | "tools/list"));
        if is_call && asked.authorization.is_none() && asked.header("mcp-method") == Some("ping") {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
