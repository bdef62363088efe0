//! Takes every origin that begins as its own.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "compares-origin-by-prefix",
    breaks: &["mcp-transport-origin-validated"],
    request: |asked, head| {
        let host = asked.header("host").and_then(|host| host.split(':').next()).unwrap_or_default();
        if asked.header("origin").is_some_and(|origin| origin.starts_with(&format!("http://{host}"))) {
            head.headers.remove("origin");
        }
    },
    ..Fault::NONE
};
