//! A mock Keycard zone: an OAuth authorization server on one's own machine, for testing protected MCP servers.
//!
//! [`serve`] is the one entry for the program, for tests and for embedding; [`MockZone`] wraps it for tests.
//! This project is independent of Keycard.

mod audit;
mod bind;
pub mod cli;
mod config;
mod control;
mod embedded;
mod http;
mod listen;
mod ports;
mod zone;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

pub use config::{
    ApplicationConfig, Config, Control, Issuer, IssuerError, Limits, LoginFlow, ResourceConfig, UserConfig,
};
pub use embedded::MockZone;
pub use ports::{Clock, Entropy, Ports};
pub use zone::secret::Secret;

use http::faults::Faults;
use http::guard::KnownHosts;
use http::requests::RequestLog;
use listen::{Listeners, Peer};
use zone::{Zone, ZoneError};

/// How long requests under way may take to finish after the signal to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Why a zone could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is no socket to listen on.
    #[error("a zone needs at least one address to listen on")]
    NothingToListenOn,
    /// Anyone on the network could mint tokens.
    #[error(
        "{address} can be reached from other machines, and its control plane mints any token for whoever asks: \
         give it a control token (MOCK_ZONE_CONTROL_TOKEN), or do without one (--no-control)"
    )]
    Unguarded {
        /// The address that is not loopback.
        address: SocketAddr,
    },
    /// The configuration contradicts itself.
    #[error("the configuration cannot be used: {0}")]
    Configuration(String),
    /// The operating system refused.
    #[error("cannot serve")]
    Io(#[from] io::Error),
}

impl From<ZoneError> for ServeError {
    fn from(error: ZoneError) -> Self {
        Self::Configuration(error.to_string())
    }
}

/// Serves a zone on all of `listeners` until `shutdown` resolves; requests under way are finished first.
pub async fn serve(
    listeners: Vec<TcpListener>,
    config: Config,
    ports: Ports,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    prepare(listeners, config, ports)?.run(shutdown).await?;
    Ok(())
}

/// A zone that is ready to answer.
struct Server {
    listeners: Listeners,
    router: Router,
}

/// Everything that can go wrong before the first request.
fn prepare(listeners: Vec<TcpListener>, config: Config, ports: Ports) -> Result<Server, ServeError> {
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    let first = *addresses.first().ok_or(ServeError::NothingToListenOn)?;
    if matches!(config.control, Control::Open)
        && let Some(address) = addresses.iter().find(|a| !a.ip().is_loopback())
    {
        return Err(ServeError::Unguarded { address: *address });
    }
    let issuer = config.issuer.clone().unwrap_or_else(|| Issuer::of_address(first));
    let limits = config.limits;
    let app = http::App {
        faults: Faults::default(),
        requests: RequestLog::new(limits.requests),
        hosts: KnownHosts::new(&issuer, &addresses, &config.allowed_hosts),
        control: config.control.clone(),
        zone: Zone::new(config, issuer, ports)?,
    };
    Ok(Server { listeners: Listeners::new(listeners, limits.connections), router: http::router(Arc::new(app)) })
}

impl Server {
    async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let (stopping, mut stopped) = tokio::sync::watch::channel(false);
        let service = self.router.into_make_service_with_connect_info::<Peer>();
        let serving = axum::serve(self.listeners, service).with_graceful_shutdown(async move {
            shutdown.await;
            stopping.send_replace(true);
        });
        let overdue = async move {
            // An error means that the sender is gone, which it is only after it sent.
            let _ = stopped.wait_for(|stopping| *stopping).await;
            tokio::time::sleep(LAST_REQUESTS).await;
        };
        tokio::select! {
            served = serving.into_future() => served,
            () = overdue => Ok(()),
        }
    }
}
