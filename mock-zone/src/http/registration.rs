//! `POST /oauth/2/registration` (RFC 7591).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::body::Body;
use super::error::oauth_error;
use crate::zone::register::RegistrationError;

/// Registers a client.
pub(super) async fn register(State(app): State<Shared>, headers: HeaderMap, Body(body): Body) -> Response {
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or("").trim();
        essence.eq_ignore_ascii_case("application/json")
    });
    let metadata = body.map_err(RegistrationError::from).and_then(|body| {
        if !is_json {
            return Err(RegistrationError::NoObject);
        }
        serde_json::from_slice(&body).map_err(|_| RegistrationError::NoObject)
    });
    let outcome = metadata.and_then(|metadata| app.zone.register(metadata));
    match outcome {
        Ok(registration) => {
            (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(registration)).into_response()
        }
        Err(error) => oauth_error(StatusCode::BAD_REQUEST, error.oauth_code(), &error.to_string()),
    }
}
