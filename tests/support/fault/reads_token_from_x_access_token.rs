//! Takes a token from X-Access-Token.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-token-from-x-access-token",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    request: |asked, head| {
        let token = asked.header("x-access-token").map(|token| format!("Bearer {token}"));
        if let (None, Some(Ok(value))) = (&asked.authorization, token.map(HeaderValue::try_from)) {
            head.headers.insert("authorization", value);
        }
    },
    ..Fault::NONE
};
