//! `GET /openidconnect/jwks`: the published keys.

use axum::extract::{ConnectInfo, State};
use axum::http::Method;
use axum::response::Response;

use super::Shared;
use super::faults::Endpoint;
use crate::listen::Peer;

/// Serves the key set. The first request after a start may wait for the first key.
pub(super) async fn keys(State(app): State<Shared>, ConnectInfo(peer): ConnectInfo<Peer>, method: Method) -> Response {
    app.faults.answer(Endpoint::Jwks, &method, app.zone.now(), &peer.connection, app.zone.keys.published()).await
}
