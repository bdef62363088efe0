//! `GET` and `POST /openid/connect/userinfo`.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::Shared;
use super::error::{oauth_error, plain_error};
use crate::zone::description::description;
use crate::zone::directory::userinfo_resource;
use crate::zone::userinfo::{OPENID, UserinfoError};

pub(super) const PATH: &str = "/openid/connect/userinfo";

/// Says who the user of an access token is, as far as its scope goes. The body of a POST is not read: a token comes in
/// the header alone.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let resource = userinfo_resource(&app.zone.issuer);
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (first, is_alone) = (sent.next(), sent.next().is_none());
    let in_query =
        form_urlencoded::parse(query.as_deref().unwrap_or("").as_bytes()).any(|(name, _)| name == "access_token");
    if in_query || !is_alone {
        let text = "send the access token once, as `Authorization: Bearer`, and never in the URL";
        return refusal(&resource, StatusCode::BAD_REQUEST, "invalid_request", text);
    }
    let Some(token) = first.and_then(|value| bearer(value)) else {
        let text =
            format!("send `Authorization: Bearer` with an access token of this zone for the resource {resource}");
        // RFC 6750 section 3.1: whoever sent no token is told no error code.
        let response = plain_error(StatusCode::UNAUTHORIZED, "token_required", &text);
        return challenging(response, &format!("Bearer realm=\"{resource}\""));
    };
    match app.zone.userinfo(token) {
        Ok(userinfo) => ([(header::CACHE_CONTROL, "no-store")], Json(userinfo)).into_response(),
        Err(error) => {
            let (status, code) = match error {
                UserinfoError::Token { .. } | UserinfoError::NoUser => (StatusCode::UNAUTHORIZED, "invalid_token"),
                UserinfoError::Scope => (StatusCode::FORBIDDEN, "insufficient_scope"),
            };
            refusal(&resource, status, code, &error.to_string())
        }
    }
}

/// The token of a header of this scheme, whatever its case.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// An error of RFC 6750 section 3.1.
fn refusal(resource: &str, status: StatusCode, code: &str, text: &str) -> Response {
    let scope = if code == "insufficient_scope" { format!(", scope=\"{OPENID}\"") } else { String::new() };
    let text = description(text);
    let challenge = format!("Bearer realm=\"{resource}\", error=\"{code}\", error_description=\"{text}\"{scope}");
    challenging(oauth_error(status, code, &text), &challenge)
}

fn challenging(mut response: Response, challenge: &str) -> Response {
    // An issuer is ASCII, and a description too.
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
