//! `GET /.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`: the same bytes.

use std::convert::Infallible;

use axum::extract::{ConnectInfo, State};
use axum::http::Method;
use axum::response::Response;

use super::Shared;
use super::faults::Endpoint;
use crate::listen::Peer;

/// Serves the metadata document. It must not wait for the signing key: it needs no more of one than its algorithm.
pub(super) async fn metadata(
    State(app): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
) -> Response {
    let body = async { Ok::<_, Infallible>(app.zone.metadata()) };
    app.faults.answer(Endpoint::Discovery, &method, app.zone.now(), &peer.connection, body).await
}
