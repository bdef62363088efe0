//! Has two tools that need different scopes.

use axum::body::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::fault::{Asked, Fault, edit_challenge};

pub(super) const ODDITY: Fault = Fault {
    name: "scopes-two-tools",
    metadata: two_scopes,
    response: |asked, response| wants_profile(asked, response, Some("profile:read")),
    ..Fault::NONE
};

/// Lists the scopes of both tools.
pub(crate) fn two_scopes(document: &mut Value) {
    document["scopes_supported"] = json!(["profile:read", "reports:read"]);
}

/// Answers 403 where `whoami` is called without the scope `profile:read`, and names these scopes, to those without a token too.
pub(crate) fn wants_profile(asked: &Asked, response: &mut Response<Bytes>, scopes: Option<&str>) {
    let is_whoami = asked.tool.as_deref() == Some("whoami");
    if is_whoami && response.status() == StatusCode::OK && !asked.holds("profile:read") {
        forbid(asked, response, scopes);
    }
    if is_whoami && response.status() == StatusCode::UNAUTHORIZED {
        name_scopes(response, scopes);
    }
}

/// Adds these scopes to the challenge of an answer that names none.
pub(crate) fn name_scopes(response: &mut Response<Bytes>, scopes: Option<&str>) {
    if let Some(scopes) = scopes {
        edit_challenge(response, |challenge| format!("{challenge}, scope=\"{scopes}\""));
    }
}

/// Makes an answer the 403 of the reference server, with these scopes.
pub(crate) fn forbid(asked: &Asked, response: &mut Response<Bytes>, scopes: Option<&str>) {
    *response.status_mut() = StatusCode::FORBIDDEN;
    *response.body_mut() = Bytes::new();
    let scopes = scopes.map(|scopes| format!("scope=\"{scopes}\", ")).unwrap_or_default();
    let challenge =
        format!("Bearer error=\"insufficient_scope\", {scopes}resource_metadata=\"{}\"", asked.metadata_url());
    response.headers_mut().extend(HeaderValue::try_from(challenge).map(|value| (WWW_AUTHENTICATE, value)));
}
