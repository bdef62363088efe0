//! Takes a token from the query where there is none in the header.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-query-token",
    breaks: &["oauth21-5.1-query-token-ignored"],
    request: |asked, head| {
        let token = asked.uri.split_once("access_token=").map(|(_, token)| format!("Bearer {token}"));
        if let (None, Some(Ok(value))) = (&asked.authorization, token.map(HeaderValue::try_from)) {
            head.headers.insert("authorization", value);
        }
    },
    ..Fault::NONE
};
