//! Guards the path without a slash at its end and serves the one with it.

use http::Uri;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-the-path-with-a-slash",
    breaks: &["sbp-verify-all-requests"],
    request: |asked, head| {
        if asked.uri == "/mcp/" {
            head.uri = Uri::from_static("/mcp");
        }
    },
    lets_in: |asked| asked.uri == "/mcp/",
    ..Fault::NONE
};
