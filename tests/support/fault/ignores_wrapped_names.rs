//! Takes any wrapped Mcp-Name for the name in the body.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-wrapped-names",
    breaks: &["mcp-transport-name-base64-decoded"],
    request: |asked, head| {
        let name = asked.tool.as_deref().and_then(|tool| HeaderValue::try_from(tool).ok());
        let is_wrapped = asked.header("mcp-name").is_some_and(|name| name.starts_with("=?base64?") && name.len() > 20);
        if let (true, Some(name)) = (is_wrapped, name) {
            head.headers.insert("mcp-name", name);
        }
    },
    ..Fault::NONE
};
