//! Shows whom `X-Forwarded-User` names as the caller.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "believes-forwarded-user",
    breaks: &["mcp-elicitation-no-client-asserted-identity"],
    response: |asked, response| {
        let claims = asked.claims();
        if let (Some(user), Some(subject)) = (asked.header("x-forwarded-user"), claims["sub"].as_str()) {
            let body = String::from_utf8_lossy(response.body()).replace(subject, user);
            *response.body_mut() = body.into();
        }
    },
    ..Fault::NONE
};
