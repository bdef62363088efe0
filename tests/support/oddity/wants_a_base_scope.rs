//! Wants a scope for every call, and names it in its 403 only.

use axum::body::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault =
    Fault { name: "wants-a-base-scope", response: |asked, response| base_scope(asked, response), ..Fault::NONE };

/// Answers 403 where the token has not the scope `mcp`.
pub(super) fn base_scope(asked: &Asked, response: &mut Response<Bytes>) {
    let held = asked.claims()["scope"].as_str().unwrap_or_default().to_owned();
    if response.status() == StatusCode::OK && asked.is_mcp() && !held.split(' ').any(|scope| scope == "mcp") {
        *response.status_mut() = StatusCode::FORBIDDEN;
        *response.body_mut() = Bytes::new();
        let own = asked.uri.trim_end_matches("mcp");
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"mcp\", realm=\"{own}\"");
        response.headers_mut().extend(HeaderValue::try_from(challenge).map(|value| (WWW_AUTHENTICATE, value)));
    }
}
