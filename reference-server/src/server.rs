//! The whole server: metadata for everybody, and the MCP endpoint behind its guard.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use http::{
    HeaderName, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tower::Layer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    audit::Discard,
    config::{Config, ConfigError, MCP_PATH, PublicOrigin, WebOrigin},
    guard::Guard,
    keys::{ZoneError, ZoneKeys},
    listen::{Listener, Places},
    mcp::{McpPolicy, mcp_service},
    ports::Ports,
    tools::Tools,
    verify::{Verifier, ZoneVerifier},
};

/// How long requests in progress may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long a browser need not ask again; as for the metadata.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(300);

/// Metadata and the guarded MCP endpoint, for any tools and any verifier.
pub fn app<V: Verifier>(config: &Config, tools: Tools, verifier: V, ports: &Ports) -> Router {
    let resource = config.resource().with_scopes(tools.all_scopes());
    let scopes = tools.clone();
    let policy = McpPolicy::new(move |tool| scopes.required_scopes(tool));
    let mut guard = Guard::new(&resource, verifier, policy).audited(ports.clone());
    if tools.delegate() {
        guard = guard.delegating();
    }
    let mut router = Router::new().route_service(MCP_PATH, guard.layer(mcp_service(config, tools)));
    if !config.allowed_origins.is_empty() {
        // Before the guard: a browser asks without a token whether it may send one, and reads no challenge that is
        // not marked as readable.
        router = router.route_layer(cors(config.allowed_origins.clone()));
    }
    router.merge(resource.router())
}

/// Lets scripts of these origins send what an MCP client sends and read what it needs to go on.
fn cors(origins: Vec<WebOrigin>) -> CorsLayer {
    const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
    let listed = AllowOrigin::predicate(move |origin, _| {
        origins.iter().any(|listed| listed.as_str().as_bytes() == origin.as_bytes())
    });
    CorsLayer::new()
        .allow_origin(listed)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            ACCEPT,
            HeaderName::from_static("mcp-protocol-version"),
            HeaderName::from_static("mcp-method"),
            HeaderName::from_static("mcp-name"),
            SESSION,
        ])
        .expose_headers([WWW_AUTHENTICATE, SESSION])
        .max_age(PREFLIGHT_MAX_AGE)
}

/// The verifier of a real server: tokens of the configured zone, for the configured resource.
pub fn zone_verifier(config: &Config, ports: &Ports) -> Result<ZoneVerifier, ZoneError> {
    let resource = config.resource();
    let keys = ZoneKeys::new(config.zone_url(), ports.clock.clone())?;
    Ok(ZoneVerifier::new(config.zone_url(), resource.identifier(), keys, ports.clock.clone())
        .with_algorithms(config.algorithms.iter().copied())
        .with_token_types(config.token_types))
}

/// Serves `app` on all `listeners` until `shutdown`, and then what has begun, for a few seconds.
///
/// At most 512 connections are served at once, and one that has gone a minute without an answer is closed.
pub async fn serve(listeners: Vec<TcpListener>, app: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    let places = Places::default();
    for listener in listeners {
        let mut stopped = stopped.clone();
        let listener = Listener::new(listener, places.clone());
        let server = axum::serve(listener, app.clone()).with_graceful_shutdown(async move {
            // An error means that nobody is left to say stop, which says it.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
        servers.spawn(server.into_future());
    }
    tokio::select! {
        () = shutdown => {}
        // axum goes on after failed accepts; a server that ends has failed for good.
        Some(ended) = servers.join_next() => return ended.map_err(io::Error::other)?,
    }
    stop.send_replace(true);
    let all = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!("stopped with requests in progress");
    }
    Ok(())
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener has no address.
    #[error("the listener has no local address")]
    Listener(#[source] io::Error),
    /// The zone's URL cannot be used.
    #[error("the zone cannot be used")]
    Zone(#[from] ZoneError),
    /// No client can be made for calls to the upstream API.
    #[error("the upstream API cannot be used")]
    Upstream(#[source] reqwest::Error),
    /// The listener's address makes no origin.
    #[error("no origin can be made of the listener's address")]
    Origin(#[from] ConfigError),
}

/// A server that runs until it is dropped.
pub struct ReferenceServer {
    url: String,
    _stop: watch::Sender<bool>,
}

impl ReferenceServer {
    /// Starts a server that keeps no audit trail: standard output is the embedder's own.
    ///
    /// Without a public origin in `config`, it is the address of `listener`.
    pub async fn start(listener: TcpListener, config: Config) -> Result<Self, StartError> {
        Self::start_with(listener, config, Ports::system(Arc::new(Discard))).await
    }

    /// Starts a server with these ports.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and may come to wait for something")]
    pub async fn start_with(listener: TcpListener, mut config: Config, ports: Ports) -> Result<Self, StartError> {
        bind_origin(&mut config, listener.local_addr().map_err(StartError::Listener)?)?;
        let verifier = zone_verifier(&config, &ports)?;
        let tools = Tools::of(&config).map_err(StartError::Upstream)?;
        let app = app(&config, tools, verifier, &ports);
        Ok(Self::run(listener, app, &config))
    }

    /// Serves any router as the server of `config`: [`app`] with another verifier, or wrapped in something.
    ///
    /// `config` must have its public origin, since `app` was made from it.
    pub fn run(listener: TcpListener, app: Router, config: &Config) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        tokio::spawn(async move {
            let stopped = async move {
                // The sender never sends: it is dropped with the server.
                let _ = stopped.changed().await;
            };
            if let Err(error) = serve(vec![listener], app, stopped).await {
                tracing::error!(%error, "the server has ended");
            }
        });
        Self { url: config.resource().identifier().to_owned(), _stop: stop }
    }

    /// The MCP endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Fills in what follows from where a server listens.
fn bind_origin(config: &mut Config, address: SocketAddr) -> Result<(), ConfigError> {
    config.port = address.port();
    if config.public_origin.is_none() {
        config.public_origin = Some(PublicOrigin::parse(&format!("http://{address}"))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
