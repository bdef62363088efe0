//! Asks for the scopes of the tool that Mcp-Name names, and runs the one in the body.

use http::HeaderValue;

use super::{Asked, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "decides-by-name-header",
    breaks: &["mcp-transport-mcp-name-mismatch"],
    request: |asked, head| {
        if is_disguised(asked) {
            head.headers.insert("mcp-name", HeaderValue::from_static("read_report"));
        }
    },
    lets_in: |asked| asked.is_jwt() && is_disguised(asked),
    ..Fault::NONE
};

fn is_disguised(asked: &Asked) -> bool {
    asked.tool.as_deref() == Some("read_report") && asked.header("mcp-name") == Some("whoami")
}
