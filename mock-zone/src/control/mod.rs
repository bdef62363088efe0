//! The control plane: what tests need and no real zone has. Kept apart from the protocol.

mod body;
mod directory;
mod error;
mod faults;
mod info;
mod invitations;
mod keys;
mod requests;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};

use crate::config::Control;
use crate::http::{Shared, bearer, guard};
use error::ControlError;

/// The largest body read: a test may want a token far larger than any server takes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

pub(crate) fn router(app: &Shared) -> Router<Shared> {
    Router::new()
        .route("/_control", get(info::show))
        .route("/_control/tokens", post(tokens::mint))
        .route("/_control/tokens/revoke", post(tokens::revoke))
        .route("/_control/keys", get(keys::list))
        .route("/_control/keys/rotate", post(keys::rotate))
        .route("/_control/keys/{kid}/retire", post(keys::retire))
        .route("/_control/faults", get(faults::list).delete(faults::clear_all))
        .route("/_control/faults/{endpoint}", put(faults::set).delete(faults::clear))
        .route("/_control/requests", get(requests::list))
        .route("/_control/resources", post(directory::put_resource))
        .route("/_control/clients", post(directory::add_client))
        .route("/_control/users", post(directory::add_user))
        .route("/_control/invitations", post(invitations::invite))
        .route("/_control/verifications", get(invitations::verifications))
        .route("/_control/reset", post(directory::reset))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(app), admit))
}

async fn wrong_method() -> ControlError {
    ControlError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "reading is GET, and every change is POST, PUT or DELETE; this path takes another of them",
    )
}

/// Admits scripts, never a page in a browser; beyond loopback only with the control token.
async fn admit(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if guard::is_foreign_page(request.headers(), &app.zone.issuer, false) {
        return ControlError::new(
            StatusCode::FORBIDDEN,
            "browser_page",
            "the control plane answers scripts, never a web page: send no Origin header",
        )
        .into_response();
    }
    if let Control::Token(expected) = &app.control
        && !bearer(request.headers()).is_some_and(|token| expected.matches(token))
    {
        let mut refusal = ControlError::new(
            StatusCode::UNAUTHORIZED,
            "control_token_required",
            "send `Authorization: Bearer` with the token that the zone was started with (MOCK_ZONE_CONTROL_TOKEN)",
        )
        .into_response();
        refusal
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer realm=\"mock-zone control\""));
        return refusal;
    }
    next.run(request).await
}
