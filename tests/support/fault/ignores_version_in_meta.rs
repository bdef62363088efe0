//! Serves a request whatever version its body names.

use http::StatusCode;

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "ignores-version-in-meta",
    breaks: &["mcp-transport-version-header-mismatch"],
    response: |asked, response| {
        let named = &asked.message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
        if *named == "2025-11-25" && response.status() == StatusCode::BAD_REQUEST {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
