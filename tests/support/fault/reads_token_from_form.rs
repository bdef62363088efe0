//! Takes a message and its token from a form.

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "reads-token-from-form",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    response: |asked, response| {
        let has_token = asked.body.starts_with("access_token=eyJ");
        if has_token && asked.header("content-type") == Some("application/x-www-form-urlencoded") {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
