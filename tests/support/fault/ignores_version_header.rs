//! Serves whatever MCP-Protocol-Version says.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-version-header",
    breaks: &["mcp-transport-version-invalid-400"],
    request: |asked, head| {
        if asked.token().is_some() && asked.revision.is_some() && asked.is_of_initialize_era() {
            head.headers.insert("mcp-protocol-version", HeaderValue::from_static("2025-11-25"));
        }
    },
    ..Fault::NONE
};
