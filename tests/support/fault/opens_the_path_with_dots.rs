//! Guards the path as it is written and resolves its dots later.

use http::Uri;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-the-path-with-dots",
    breaks: &["sbp-verify-all-requests"],
    request: |asked, head| {
        if asked.uri == "/./mcp" {
            head.uri = Uri::from_static("/mcp");
        }
    },
    lets_in: |asked| asked.uri == "/./mcp",
    ..Fault::NONE
};
