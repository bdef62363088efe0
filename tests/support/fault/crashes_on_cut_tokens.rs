//! Answers 500 where a token breaks off within its signature.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "crashes-on-cut-tokens",
    breaks: &["mcp-auth-401-invalid-token"],
    response: |asked, response| {
        let signature = asked.token().and_then(|token| token.rsplit('.').next()).unwrap_or_default();
        // Longer than any HMAC, shorter than the 342 characters of a signature by an RSA key of 2048 bits.
        if asked.is_jwt() && (100..342).contains(&signature.len()) {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    },
    ..Fault::NONE
};
