//! `POST /oauth/2/introspection`.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::body::Body;
use super::error::oauth_error;
use super::faults::Endpoint;
use crate::listen::Peer;
use crate::zone::introspect::IntrospectError;
use crate::zone::parameters::Parameters;

/// Answers a resource server that asks about a token.
pub(super) async fn answer(
    State(app): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    Body(body): Body,
) -> Response {
    let answered = async {
        let body = body.map_err(|error| oauth_error(StatusCode::BAD_REQUEST, "invalid_request", &error.to_string()))?;
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or(""));
        let answer = app.zone.introspect(authorization, &Parameters::parse(&body)).await;
        let answer = answer.map_err(IntoResponse::into_response)?;
        Ok::<Arc<[u8]>, Response>(answer.to_string().into_bytes().into())
    };
    app.faults.answer(Endpoint::Introspection, &Method::POST, app.zone.now(), &peer.connection, answered).await
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
