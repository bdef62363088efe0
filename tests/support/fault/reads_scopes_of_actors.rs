//! Takes the scopes of any actor that a token names for the token's own.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-scopes-of-actors",
    breaks: &["rfc8693-4.1-current-actor-only"],
    lets_in: |asked| {
        let is_report = asked.tool.as_deref() == Some("read_report");
        is_report && asked.claims()["act"].to_string().contains("\"scope\":\"reports:read\"")
    },
    ..Fault::NONE
};
