//! Tells whoever calls a tool that it does not have which ones it has.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "suggests-tools",
    breaks: &["mcp-auth-validate-before-processing"],
    response: |asked, response| {
        let is_unknown = asked.tool.as_deref().is_some_and(|tool| tool.starts_with("conformance-"));
        if is_unknown && response.status() == StatusCode::UNAUTHORIZED {
            *response.body_mut() = r#"{"message":"unknown tool; did you mean read_report?"}"#.into();
        }
    },
    ..Fault::NONE
};
