//! Takes a token from the JSON-RPC parameters.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-token-from-message",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    request: |asked, head| {
        let token = asked.message["params"]["_meta"]["authorization"].as_str();
        if let (None, Some(Ok(value))) = (&asked.authorization, token.map(HeaderValue::try_from)) {
            head.headers.insert("authorization", value);
        }
    },
    ..Fault::NONE
};
