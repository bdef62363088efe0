//! Lets everybody with a token call every tool.

use http::StatusCode;

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "serves-the-vault-to-all",
    breaks: &["mcp-tools-access-control"],
    response: |asked, response| {
        if asked.tool.as_deref() == Some("open_vault") && response.status() == StatusCode::OK {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
