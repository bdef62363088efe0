//! Asks for a second scope only where the first one is there.

use http::StatusCode;

use super::Fault;
use crate::oddity::scopes_two_tools::forbid;

pub(super) const FAULT: Fault = Fault {
    name: "challenges-one-scope-at-a-time",
    breaks: &["mcp-auth-403-single-challenge-complete"],
    response: |asked, response| {
        let is_report = asked.tool.as_deref() == Some("read_report");
        if is_report && response.status() == StatusCode::OK && !asked.holds("reports:list") {
            forbid(asked, response, Some("reports:list"));
        }
    },
    ..Fault::NONE
};
