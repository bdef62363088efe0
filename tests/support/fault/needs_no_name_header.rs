//! Does without Mcp-Name.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "needs-no-name-header",
    breaks: &["mcp-transport-mcp-name-required"],
    request: |asked, head| {
        let name = asked.tool.as_deref().and_then(|tool| HeaderValue::try_from(tool).ok());
        if let (false, None, Some(name)) = (asked.is_of_initialize_era(), asked.header("mcp-name"), name) {
            head.headers.insert("mcp-name", name);
        }
    },
    ..Fault::NONE
};
