//! `POST /oauth/2/token`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::body::Body;
use super::error::oauth_error;
use super::source::Sender;
use crate::zone::parameters::Parameters;
use crate::zone::token::{TokenError, TokenRequest};

/// Answers a token request.
pub(super) async fn issue(
    State(app): State<Shared>,
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
            ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(response)).into_response()
        }
        Err(error) => error.into_response(),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
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
            return oauth_error(StatusCode::BAD_REQUEST, code, &self.to_string());
        }
        let mut response = oauth_error(StatusCode::UNAUTHORIZED, code, &self.to_string());
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mock-zone\""));
        response
    }
}
