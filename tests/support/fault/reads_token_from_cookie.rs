//! Takes a token from a cookie.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-token-from-cookie",
    breaks: &["mcp-auth-401-when-unauthenticated"],
    request: |asked, head| {
        let mut cookies = asked.header("cookie").unwrap_or_default().split("; ");
        let token = cookies.find_map(|pair| pair.strip_prefix("access_token="));
        let value = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        if let (None, Some(Ok(value))) = (&asked.authorization, value) {
            head.headers.insert("authorization", value);
        }
    },
    ..Fault::NONE
};
