//! Answers 400 to whoever sends a token in the query, as RFC 6750 section 3.1 lets it.

use http::StatusCode;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "refuses-query-tokens-with-400",
    response: |asked, response| {
        if asked.uri.contains("access_token=") {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
    },
    ..Fault::NONE
};
