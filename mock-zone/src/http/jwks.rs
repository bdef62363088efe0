//! `GET /openidconnect/jwks`: the published keys.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Shared;

/// Serves the key set. The first request after a start may wait for the first key.
pub(super) async fn keys(State(app): State<Shared>) -> Response {
    match app.zone.keys.published().await {
        Ok(keys) => ([(header::CONTENT_TYPE, "application/json")], keys.to_vec()).into_response(),
        Err(error) => error.into_response(),
    }
}
