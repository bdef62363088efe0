//! `POST /oauth/2/registration` (RFC 7591).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::error::oauth_error;
use crate::zone::register::RegistrationError;

/// Registers a client.
pub(super) async fn register(State(app): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or("").trim();
        essence.eq_ignore_ascii_case("application/json")
    });
    let outcome = match serde_json::from_slice(&body) {
        Ok(metadata) if is_json => app.zone.register(metadata),
        _ => Err(RegistrationError::NoObject),
    };
    match outcome {
        Ok(registration) => {
            (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(registration)).into_response()
        }
        Err(error) => oauth_error(StatusCode::BAD_REQUEST, error.oauth_code(), &error.to_string()),
    }
}
