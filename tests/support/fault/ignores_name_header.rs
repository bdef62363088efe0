//! Does not compare Mcp-Name with the body.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-name-header",
    breaks: &["mcp-transport-mcp-name-mismatch"],
    request: |asked, head| {
        let name = asked.tool.as_deref().and_then(|tool| HeaderValue::try_from(tool).ok());
        if let (Some(_), Some(name)) = (asked.header("mcp-name"), name) {
            head.headers.insert("mcp-name", name);
        }
    },
    ..Fault::NONE
};
