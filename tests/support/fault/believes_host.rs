//! Takes its own name from `Host`.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "believes-host",
    breaks: &["mcp-auth-audience-not-from-request"],
    // The server takes any name for its own.
    request: |_, head| {
        head.headers.insert("host", HeaderValue::from_static("localhost"));
    },
    // The guard's own comparison stays: what it accepts under its configured name, it still does.
    lets_in: |asked| {
        let host = asked.header("host").filter(|host| !host.starts_with("127.") && !host.starts_with("localhost"));
        host.is_some_and(|host| asked.claims()["aud"] == format!("https://{host}/mcp"))
    },
    ..Fault::NONE
};
