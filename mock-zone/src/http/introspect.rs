//! `POST /oauth/2/introspection`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::body::Body;
use super::error::oauth_error;
use crate::zone::introspect::IntrospectError;
use crate::zone::parameters::Parameters;

/// Answers a resource server that asks about a token.
pub(super) async fn answer(State(app): State<Shared>, headers: HeaderMap, Body(body): Body) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => return oauth_error(StatusCode::BAD_REQUEST, "invalid_request", &error.to_string()),
    };
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or(""));
    match app.zone.introspect(authorization, &Parameters::parse(&body)).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.into_response(),
    }
}

impl IntoResponse for IntrospectError {
    fn into_response(self) -> Response {
        let code = self.oauth_code();
        if code != "invalid_client" {
            return oauth_error(StatusCode::BAD_REQUEST, code, &self.told());
        }
        let mut response = oauth_error(StatusCode::UNAUTHORIZED, code, &self.told());
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mock-zone\""));
        response
    }
}
