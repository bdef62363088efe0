//! Repeats a refused token, every letter percent-encoded.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "echoes-token-percent-encoded",
    breaks: &["mcp-auth-token-not-echoed"],
    response: |asked, response| {
        if let (StatusCode::UNAUTHORIZED, Some(token)) = (response.status(), asked.token()) {
            let encoded: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
            *response.body_mut() = format!("cannot verify {encoded}").into();
        }
    },
    ..Fault::NONE
};
