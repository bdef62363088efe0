//! Takes the first of two methods of a message to see whether it needs a token, and the last to see what to do.

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "reads-the-first-method",
    breaks: &["sbp-verify-all-requests"],
    response: |asked, response| {
        let is_call = matches!(asked.rpc_method.as_deref(), Some("tools/call" | "tools/list"));
        let first = asked.body.split_once("\"method\":").map_or("", |(_, rest)| rest);
        if is_call && asked.authorization.is_none() && first.starts_with("\"ping\"") {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
