//! The edge: every route of the zone on one screen. Each handler parses, calls the zone once, renders.

mod authorize;
mod body;
mod consent;
mod cookies;
mod cors;
mod discovery;
pub(crate) mod error;
mod events;
pub(crate) mod faults;
pub(crate) mod fields;
mod flow;
pub(crate) mod guard;
mod identifier;
mod introspect;
mod jwks;
mod login;
mod logout;
mod pages;
mod registration;
pub(crate) mod requests;
mod sign_up;
mod source;
mod token;
mod userinfo;
mod verify_email;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::clock::ControlledClock;
use crate::config::Control;
use crate::control;
use crate::zone::Zone;
use faults::Faults;
use guard::KnownHosts;
use requests::RequestLog;

/// The zone, and what stands around it at the edge.
pub(crate) struct App {
    pub(crate) zone: Zone,
    pub(crate) faults: Faults,
    pub(crate) requests: RequestLog,
    /// The zone's clock, which the zone itself can only read.
    pub(crate) clock: Arc<ControlledClock>,
    pub(crate) hosts: KnownHosts,
    pub(crate) control: Control,
}

pub(crate) type Shared = Arc<App>;

pub(crate) fn router(app: Shared) -> Router {
    let protocol = Router::new()
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        // Servers that advertise the zone with a final slash make their clients ask for these.
        .route("//.well-known/oauth-authorization-server", get(discovery::metadata))
        .route("//.well-known/openid-configuration", get(discovery::metadata))
        .route("/openidconnect/jwks", get(jwks::keys))
        .route("/oauth/2/token", post(token::issue))
        .route("/oauth/2/registration", post(registration::register))
        .route(userinfo::PATH, get(userinfo::show).post(userinfo::show))
        // Not in the metadata: nothing says that the real zone has it.
        .route("/oauth/2/introspection", post(introspect::answer))
        .layer(from_fn_with_state(Arc::clone(&app), faults::meet))
        .layer(from_fn(cors::open_to_browsers));
    // What a browser navigates to, and what reads the trail: other origins have no business here.
    let own = Router::new()
        .route("/oauth/2/authorize", get(authorize::begin).head(authorize::only_get).fallback(authorize::only_get))
        .route(identifier::PATH, get(identifier::show).post(identifier::submit))
        .route(login::PATH, get(login::show).post(login::submit))
        .route(sign_up::PATH, get(sign_up::show).post(sign_up::submit))
        .route(verify_email::PATH, get(verify_email::show).post(verify_email::submit))
        .route(consent::PATH, get(consent::show).post(consent::submit))
        .route(logout::PATH, get(logout::show).post(logout::submit))
        .route("/events", get(events::list))
        .layer(from_fn_with_state(Arc::clone(&app), faults::meet));

    let mut routes = protocol.merge(own).layer(DefaultBodyLimit::max(body::LARGEST));
    if !matches!(app.control, Control::Absent) {
        routes = routes.merge(control::router(&app));
    }
    routes
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&app), guard::host))
        .layer(from_fn_with_state(Arc::clone(&app), requests::record))
        .with_state(app)
}

/// Whether `path` belongs to the control plane, whose requests are not what a test wants to see listed.
fn is_control(path: &str) -> bool {
    path == "/_control" || path.starts_with("/_control/")
}

async fn not_found() -> Response {
    error::plain_error(
        StatusCode::NOT_FOUND,
        "not_found",
        "this mock zone has no such path; /.well-known/oauth-authorization-server names its endpoints",
    )
}

/// The token of an `Authorization: Bearer` header, the scheme's case aside.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
