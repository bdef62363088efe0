//! Takes the second word of `Authorization` for the token, whatever else stands there.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-the-second-word",
    breaks: &["mcp-auth-400-malformed"],
    request: |asked, head| {
        let mut words = asked.authorization.as_deref().unwrap_or_default().split(' ');
        if let (Some(scheme), Some(token), Some(_)) = (words.next(), words.next(), words.next())
            && let Ok(value) = HeaderValue::try_from(format!("{scheme} {token}"))
        {
            head.headers.insert("authorization", value);
        }
    },
    ..Fault::NONE
};
