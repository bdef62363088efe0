//! The reference server's parts around a verifier, a guard or an answer made wrong, in the way that its argument names.
//!
//! `faulty-server FAULT` takes its zone and port from the environment, as the reference server does.

mod access;
mod connect;
mod connection;
mod delegation;
mod feed;
mod inputs;
mod log;
mod verifier;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::tls::Front;
use connection::{Peer, Wire};
use delegation::LaxDelegation;
use http::StatusCode;
use inputs::Asking;
use reference_server::config::{ClientCredentials, Config, MCP_PATH};
use reference_server::rules::Identity;
use reference_server::tools::Tools;
use reference_server::{Ports, app, mcp_service};
use serde_json::Value;
use support::fault::{self, Asked, Fault, Inputs};
use support::tls::Authority;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use verifier::{LaxToken, LaxVerifier};

/// Requests and answers of these tests are small.
const BODY_AT_MOST: usize = 4 * 1024 * 1024;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(fault) = fault::find(&name) else {
        eprintln!("there is no fault {name:?}; tests/support/fault/mod.rs lists them");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(serve(fault)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(fault: &'static Fault) -> Result<(), Box<dyn std::error::Error>> {
    let zone = std::env::var("KEYCARD_ZONE_URL")?;
    let port = std::env::var("PORT").ok().and_then(|p| p.parse().ok()).unwrap_or(0);
    let mut listener = TcpListener::bind((fault.listens_on, port)).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_addr()?.port()));
    // Where it really is; in front of it may be another server, which has its public address.
    println!("ADDRESS={address}");
    let mut own_origin = format!("http://{address}");
    // Held, since it stops when dropped.
    let mut _front = None;
    if let Some(change) = fault.tls {
        let authority = Authority::new();
        println!("CA={}", STANDARD.encode(authority.pem()));
        own_origin = format!("https://localhost:{}", address.port());
        let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let acceptor = authority.issue(&["localhost"]).acceptor_with(change);
        _front = Some(Front::start(listener, inner.local_addr()?, acceptor));
        listener = inner;
    }
    let origin = std::env::var("MCP_SERVER_URL").unwrap_or(own_origin);
    if let Some(change) = fault.feed {
        println!("ZONE={}", feed::serve(&zone, change).await?);
    } else {
        println!("ZONE={zone}");
    }

    let mut config = Config::new(&zone)?.with_public_origin(&origin)?;
    let variable = |name| std::env::var(name).ok();
    if let Some(url) = variable("UPSTREAM_URL") {
        config = config.with_upstream(&url)?;
    }
    let credentials = variable("KEYCARD_CLIENT_ID").zip(variable("KEYCARD_CLIENT_SECRET"));
    config.credentials = credentials.map(|(id, secret)| ClientCredentials::new(id, secret));
    let ports = Ports::system(log::open(fault)?);
    let tools = LaxDelegation::of(&config, fault).map_or_else(Tools::new, Tools::with_upstream);
    let verifier = LaxVerifier::new(&zone, &config, fault);
    let mut rules = Inputs::RIGHT;
    (fault.inputs)(&mut rules);
    let metadata = metadata(&config, fault);
    // Users sign in for what the server says it is.
    let configured = config.resource();
    let resource = metadata["resource"].as_str().unwrap_or(configured.identifier());
    let asking = Asking::new(rules, &zone, &origin, resource);
    let metadata = metadata.to_string().into();
    let faulty = Arc::new(Faulty { fault, unguarded: unguarded(&config), metadata, asking });
    // Around the whole router, so that a fault can change a path before it is looked up.
    let router = Router::new().fallback_service(app(&config, tools, verifier, &ports));
    let router = router.layer(from_fn_with_state(faulty, misbehave));
    println!("MCP_SERVER_URL={origin}");
    let wire = Wire { listener, change: fault.wire };
    axum::serve(wire, router.into_make_service_with_connect_info::<Peer>()).await?;
    Ok(())
}

/// What the middleware needs to go wrong.
struct Faulty {
    fault: &'static Fault,
    /// The MCP service without its guard, for requests that a fault lets in.
    unguarded: Router,
    /// The metadata as the fault has it.
    metadata: Bytes,
    /// The tools that the reference server does not have.
    asking: Asking,
}

fn unguarded(config: &Config) -> Router {
    Router::new().route_service(MCP_PATH, mcp_service(config, Tools::new()))
}

fn metadata(config: &Config, fault: &Fault) -> Value {
    let mut metadata = config.resource().with_scopes(Tools::new().all_scopes()).metadata();
    (fault.metadata)(&mut metadata);
    metadata
}

async fn misbehave(
    State(faulty): State<Arc<Faulty>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let fault = faulty.fault;
    let (mut head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_AT_MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let asked = Asked::of(&head, &body, peer);
    (fault.request)(&asked, &mut head);
    let headers = head.headers.clone();
    if let Some(page) = faulty.asking.connect.answer(&asked).await {
        return page;
    }
    let response = if (fault.lets_in)(&asked) {
        head.extensions.insert(Identity::of(&LaxToken::anonymous()));
        let answered = faulty.unguarded.clone().oneshot(Request::from_parts(head, Body::from(body))).await;
        answered.unwrap_or_else(|never| match never {})
    } else {
        next.run(Request::from_parts(head, Body::from(body))).await
    };
    let (head, body) = response.into_parts();
    let Ok(mut body) = to_bytes(body, BODY_AT_MOST).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if asked.is_metadata() && head.status.is_success() && !body.is_empty() {
        body = faulty.metadata.clone();
    }
    let mut response = Response::from_parts(head, body);
    access::extend(&asked, &headers, &mut response);
    faulty.asking.answer(&asked, &mut response);
    (fault.response)(&asked, &mut response);
    let body = response.body().clone();
    response.headers_mut().remove(http::header::CONTENT_LENGTH);
    response.map(|_| Body::from(body))
}
