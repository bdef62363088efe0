//! Answers 403 where a token has expired.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-403-for-expired",
    breaks: &["mcp-auth-401-expired-token"],
    response: |_, response| {
        let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
        if challenge.is_some_and(|challenge| challenge.contains("has expired")) {
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
    },
    ..Fault::NONE
};
