//! `POST /oauth/2/token`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::body::Body;
use super::error::oauth_error;
use super::requests::{Arrived, TokenAsked, shortened};
use super::source::Sender;
use super::{Shared, fields};
use crate::zone::description::shown;
use crate::zone::exchange;
use crate::zone::parameters::Parameters;
use crate::zone::token::{TokenError, TokenRequest};

/// Answers a token request.
pub(super) async fn issue(
    State(app): State<Shared>,
    Extension(arrived): Extension<Arrived>,
    Sender(source): Sender,
    headers: HeaderMap,
    Body(body): Body,
) -> Response {
    let body = match body {
        Ok(body) if is_form(&headers) => body,
        Ok(_) => return app.zone.refuse_token(TokenError::NotAForm, source).into_response(),
        Err(error) => return app.zone.refuse_token(error.into(), source).into_response(),
    };
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    // Two headers, or one that is no text, name no client; as no header at all they must not count.
    let authorization = authorizations.next().map(|value| match authorizations.next() {
        None => value.to_str().unwrap_or(""),
        Some(_) => "",
    });
    let outcome = app.zone.token(TokenRequest { authorization, parameters: Parameters::parse(&body), source }).await;
    match outcome {
        Ok(response) => {
            app.requests.issued(arrived, &response.id);
            ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(response)).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// The most parameters that are noted.
const MOST_NOTED: usize = 32;

/// The most resources that are noted.
const MOST_TARGETS: usize = 8;

/// What the control plane says of a request. Names and types are noted, values that may be secret are not.
pub(super) fn asked(headers: &HeaderMap, body: &[u8]) -> TokenAsked {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map(|value| shortened(&String::from_utf8_lossy(value.as_bytes())));
    if !is_form(headers) {
        return TokenAsked { content_type, ..TokenAsked::default() };
    }
    let parameters = Parameters::parse(body);
    let first = |name: &str| parameters.all(name).next().map(shortened);
    let subject_token = parameters.all("subject_token").next().map(exchange::peek).unwrap_or_default();
    TokenAsked {
        content_type,
        grant_type: first("grant_type"),
        parameters: parameters.names().take(MOST_NOTED).map(fields::named).collect(),
        subject_token_type: first("subject_token_type"),
        actor_token_type: first("actor_token_type"),
        resource: parameters.all("resource").take(MOST_TARGETS).map(|uri| shortened(&shown(uri))).collect(),
        subject_token_id: subject_token.id.as_deref().map(shortened),
        subject: subject_token.subject.as_deref().map(shortened),
        issued_token_id: None,
    }
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let Some(code) = self.oauth_code() else {
            tracing::error!(error = %self, "no token could be issued");
            return oauth_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "the zone could not sign; its log says why",
            );
        };
        if code != "invalid_client" {
            return oauth_error(StatusCode::BAD_REQUEST, code, &self.told());
        }
        let mut response = oauth_error(StatusCode::UNAUTHORIZED, code, &self.told());
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mock-zone\""));
        response
    }
}
