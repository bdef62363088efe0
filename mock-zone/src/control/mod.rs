//! The control plane: what tests need and no real zone has. Kept apart from the protocol.

mod body;
mod clock;
pub(crate) mod directory;
pub(crate) mod error;
pub(crate) mod faults;
mod held;
mod info;
mod invitations;
mod keys;
mod openapi;
pub(crate) mod requests;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, delete, get, post, put};

use crate::config::Control;
use crate::http::{Shared, bearer, guard};
use error::ControlError;

/// The largest body read: a test may want a token far larger than any server takes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// A request that the control plane takes. The document that describes the control plane is held against it.
struct Operation {
    #[cfg_attr(not(test), expect(dead_code, reason = "the handler knows its own; this is for the document"))]
    method: &'static str,
    path: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "the handler knows its own; this is for the document"))]
    takes: Takes,
    handler: MethodRouter<Shared>,
}

/// What a request may say, by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Query(&'static [&'static str]),
    Json(&'static [&'static str]),
}

/// Everything that the control plane does.
fn operations() -> Vec<Operation> {
    use Takes::{Json, Nothing, Query};

    let operation = |method, path, takes, handler| Operation { method, path, takes, handler };
    vec![
        operation("get", "/_control", Nothing, get(info::show)),
        operation("get", "/_control/openapi.json", Nothing, get(openapi::show)),
        operation("post", "/_control/reset", Json(&[]), post(directory::reset)),
        operation("post", "/_control/tokens", Json(&tokens::MEMBERS), post(tokens::mint)),
        operation("post", "/_control/tokens/revoke", Json(&tokens::REVOKE), post(tokens::revoke)),
        operation("get", "/_control/keys", Nothing, get(keys::list)),
        operation("post", "/_control/keys/rotate", Json(&keys::ROTATE), post(keys::rotate)),
        operation("post", "/_control/keys/{kid}/retire", Json(&[]), post(keys::retire)),
        operation("get", "/_control/faults", Nothing, get(faults::list)),
        operation("delete", "/_control/faults", Nothing, delete(faults::clear_all)),
        operation("put", "/_control/faults/{endpoint}", Json(&faults::MEMBERS), put(faults::set)),
        operation("delete", "/_control/faults/{endpoint}", Nothing, delete(faults::clear)),
        operation("get", "/_control/clock", Nothing, get(clock::show)),
        operation("put", "/_control/clock", Json(&clock::SET), put(clock::set)),
        operation("delete", "/_control/clock", Nothing, delete(clock::restore)),
        operation("post", "/_control/clock/advance", Json(&clock::ADVANCE), post(clock::advance)),
        operation("get", "/_control/requests", Query(&requests::FILTERS), get(requests::list)),
        operation("post", "/_control/requests/verify", Json(&requests::VERIFY), post(requests::verify)),
        operation("get", "/_control/sessions", Nothing, get(held::sessions)),
        operation("post", "/_control/sessions/expire", Json(&held::OF_SESSIONS), post(held::expire_sessions)),
        operation("get", "/_control/grants", Nothing, get(held::grants)),
        operation("post", "/_control/grants/revoke", Json(&held::OF_GRANTS), post(held::revoke_grants)),
        operation("post", "/_control/codes/expire", Json(&held::OF_GRANTS), post(held::expire_codes)),
        operation("post", "/_control/refresh_tokens/expire", Json(&held::OF_GRANTS), post(held::expire_refresh_tokens)),
        operation("post", "/_control/resources", Json(&directory::RESOURCE), post(directory::put_resource)),
        operation("post", "/_control/clients", Json(&directory::CLIENT), post(directory::add_client)),
        operation("post", "/_control/users", Json(&directory::USER), post(directory::add_user)),
        operation("post", "/_control/invitations", Json(&invitations::INVITATION), post(invitations::invite)),
        operation("get", "/_control/verifications", Nothing, get(invitations::verifications)),
    ]
}

pub(crate) fn router(app: &Shared) -> Router<Shared> {
    operations()
        .into_iter()
        .fold(Router::new(), |router, operation| router.route(operation.path, operation.handler))
        .method_not_allowed_fallback(wrong_method)
        .route("/_control/{*path}", any(unknown_path))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(app), admit))
}

async fn unknown_path() -> ControlError {
    ControlError::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "the control plane has no such path; GET /_control/openapi.json describes those it has",
    )
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
