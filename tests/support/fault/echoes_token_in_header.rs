//! Repeats an accepted token in a header of the answer.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "echoes-token-in-header",
    breaks: &["mcp-auth-token-not-echoed"],
    response: |asked, response| {
        let echoed = asked.token().filter(|_| response.status().is_success()).map(HeaderValue::from_str);
        if let Some(Ok(value)) = echoed {
            response.headers_mut().insert("x-token", value);
        }
    },
    ..Fault::NONE
};
