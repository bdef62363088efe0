//! Error bodies: OAuth's shape on the protocol's endpoints, `{"error","message"}` elsewhere.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::zone::description::description as describe;
use crate::zone::keys::KeyError;

/// An error outside the protocol: what was expected, what came, what to do.
pub(crate) fn plain_error(status: StatusCode, error: &str, message: &str) -> Response {
    (status, Json(json!({"error": error, "message": message}))).into_response()
}

/// An OAuth error (RFC 6749 section 5.2), never cached.
pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> Response {
    let mut response =
        (status, Json(json!({"error": error, "error_description": describe(description)}))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

impl IntoResponse for KeyError {
    fn into_response(self) -> Response {
        tracing::error!(error = %self, "a key could not be used");
        plain_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "the zone could not use its signing key; its log says why",
        )
    }
}
