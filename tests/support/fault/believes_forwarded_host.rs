//! Takes its own name from `X-Forwarded-Host`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "believes-forwarded-host",
    breaks: &["mcp-auth-audience-not-from-request"],
    // The guard's own comparison stays: what it accepts under its configured name, it still does.
    lets_in: |asked| {
        let host =
            asked.header("x-forwarded-host").filter(|host| !host.starts_with("127.") && !host.starts_with("localhost"));
        host.is_some_and(|host| asked.claims()["aud"] == format!("https://{host}/mcp"))
    },
    ..Fault::NONE
};
