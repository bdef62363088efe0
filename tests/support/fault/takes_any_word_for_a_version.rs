//! Compares MCP-Protocol-Version only where it is a date.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-any-word-for-a-version",
    breaks: &["mcp-transport-version-invalid-400"],
    request: |asked, head| {
        if asked.token().is_some() && asked.revision.as_deref().is_some_and(|version| !version.starts_with(['1', '2']))
        {
            head.headers.insert("mcp-protocol-version", HeaderValue::from_static("2025-11-25"));
        }
    },
    ..Fault::NONE
};
