//! Says in the body of its refusal whether a tool exists.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "hints-in-the-body",
    breaks: &["mcp-auth-validate-before-processing"],
    response: |asked, response| {
        let is_unknown = asked.tool.as_deref().is_some_and(|tool| tool.starts_with("conformance-"));
        if is_unknown && response.status() == StatusCode::UNAUTHORIZED {
            *response.body_mut() = r#"{"message":"sign in to find out that there is no such tool"}"#.into();
        }
    },
    ..Fault::NONE
};
