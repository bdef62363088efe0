//! A mock Keycard zone: an OAuth authorization server on one's own machine, for testing protected MCP servers.
//!
//! [`serve`] is the one entry for the program, for tests and for embedding; [`MockZone`] wraps it for tests, and has the
//! control plane as methods:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use std::time::Duration;
//!
//! use mock_zone::{Config, Endpoint, Fault, MintToken, MockZone, RequestFilter};
//!
//! let zone = MockZone::start(Config::default()).await?;
//!
//! // A token of alice's, and one that expired long ago.
//! let good = MintToken::as_issued().user("alice@example.com").resource("http://localhost:8080/mcp");
//! let good = zone.mint(good).await?;
//! let expired = zone.mint(MintToken::as_issued().claim("exp", 1_000_000_000)).await?;
//!
//! // The key set fails twice, then works again.
//! zone.fault(Endpoint::Jwks, Fault { status: Some(503), times: Some(2), ..Fault::default() })?;
//!
//! // Two hours later nothing of that is valid any more, and nobody waited.
//! zone.advance_clock(Duration::from_secs(2 * 60 * 60))?;
//!
//! // Did the server under test ask for the keys?
//! let keys = RequestFilter { endpoint: Some(Endpoint::Jwks), ..RequestFilter::default() };
//! let missing = zone.wait_for_request(&keys, Duration::from_millis(1)).await.unwrap_err();
//! assert_eq!(missing.to_string(), "0 of 1 requests came; nothing came instead");
//!
//! // A mistake is explained.
//! let mistake = zone.fault(Endpoint::Jwks, Fault::default()).unwrap_err();
//! assert!(mistake.message().starts_with("give exactly one of"));
//! zone.reset()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! This project is independent of Keycard.

mod audit;
mod bind;
pub mod cli;
mod clock;
mod config;
mod control;
mod embedded;
mod fetch;
mod http;
mod listen;
mod minting;
mod ports;
mod zone;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

pub use clock::ClockReading;
pub use config::{
    ApplicationConfig, Cimd, ClientKeys, Config, Control, Issuer, IssuerError, Limits, LoginFlow, ResourceConfig,
    UserConfig, WorkloadIdentity,
};
pub use control::directory::{ClientCredentials, NewClient, NewResource};
pub use control::error::ControlError;
pub use control::faults::Fault;
pub use embedded::MockZone;
pub use http::faults::{Endpoint, WrongBody};
pub use http::fields::Field;
pub use http::requests::{NotReceived, ReceivedRequest, RequestFilter, TokenAsked};
pub use minting::{MintToken, SigningChoice};
pub use ports::{Clock, Entropy, Ports};
pub use zone::algorithm::{SigningAlgorithm, UnknownAlgorithm};
pub use zone::held::{HeldGrant, HeldSession, Selection};
pub use zone::secret::Secret;

use clock::ControlledClock;
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
    app: http::Shared,
}

/// Everything that can go wrong before the first request.
fn prepare(listeners: Vec<TcpListener>, mut config: Config, ports: Ports) -> Result<Server, ServeError> {
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    let first = *addresses.first().ok_or(ServeError::NothingToListenOn)?;
    if matches!(config.control, Control::Open)
        && let Some(address) = addresses.iter().find(|a| !a.ip().is_loopback())
    {
        return Err(ServeError::Unguarded { address: *address });
    }
    config.fetch_loopback.get_or_insert_with(|| addresses.iter().all(|address| address.ip().is_loopback()));
    let issuer = config.issuer.clone().unwrap_or_else(|| Issuer::of_address(first));
    let limits = config.limits;
    let clock = Arc::new(ControlledClock::new(ports.clock));
    let ports = Ports { clock: Arc::<ControlledClock>::clone(&clock), ..ports };
    let app = http::App {
        clock,
        faults: Faults::default(),
        requests: RequestLog::new(limits.requests),
        hosts: KnownHosts::new(&issuer, &addresses, &config.allowed_hosts),
        control: config.control.clone(),
        zone: Zone::new(config, issuer, ports)?,
    };
    let app = Arc::new(app);
    let router = http::router(Arc::clone(&app));
    Ok(Server { listeners: Listeners::new(listeners, limits.connections), router, app })
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
