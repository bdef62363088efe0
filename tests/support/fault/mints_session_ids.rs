//! Sends a session id in a revision that has none.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "mints-session-ids",
    breaks: &["mcp-transport-session-id-ignored"],
    response: |asked, response| {
        if !asked.is_of_initialize_era() && asked.session.is_some() {
            response.headers_mut().insert("mcp-session-id", HeaderValue::from_static("conformance"));
        }
    },
    ..Fault::NONE
};
