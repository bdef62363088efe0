//! `GET /.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`: the same bytes.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Shared;

/// Serves the metadata document. It must not wait for the signing key: it needs no more of one than its algorithm.
pub(super) async fn metadata(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.zone.metadata().to_vec()).into_response()
}
