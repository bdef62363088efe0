//! Repeats a refused token in the body of the answer.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "echoes-token-in-body",
    breaks: &["mcp-auth-token-not-echoed"],
    response: |asked, response| {
        if let (StatusCode::UNAUTHORIZED, Some(token)) = (response.status(), asked.token()) {
            *response.body_mut() = format!("cannot verify {token}").into();
        }
    },
    ..Fault::NONE
};
