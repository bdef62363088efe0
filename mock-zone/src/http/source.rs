//! Where a request came from, as the audit trail records it.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::requests::user_agent;
use crate::audit::Source;
use crate::listen::Peer;

/// The sender of a request.
pub(super) struct Sender(pub(super) Source);

impl<S: Send + Sync> FromRequestParts<S> for Sender {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        // The server always says who is connected; a router used without it cannot be answered.
        let ConnectInfo(peer) = ConnectInfo::<Peer>::from_request_parts(parts, state)
            .await
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(Self(Source { ip: Some(peer.ip.to_canonical().to_string()), user_agent: user_agent(&parts.headers) }))
    }
}
