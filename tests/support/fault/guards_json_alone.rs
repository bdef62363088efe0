//! Looks for a token in front of messages that are said to be JSON, and reads all of them as JSON.

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "guards-json-alone",
    breaks: &["sbp-verify-all-requests"],
    response: |asked, response| {
        let is_call = matches!(asked.rpc_method.as_deref(), Some("tools/call" | "tools/list"));
        if is_call && asked.authorization.is_none() && asked.header("content-type") == Some("text/plain") {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
