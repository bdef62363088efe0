//! A zone inside another program, for tests and for the suite.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Config, Ports, ServeError};

/// A zone on a free port of 127.0.0.1. It stops when dropped.
#[derive(Debug)]
pub struct MockZone {
    url: String,
    /// Dropping it is the signal to stop.
    _stop: oneshot::Sender<()>,
}

impl MockZone {
    /// Starts a zone, with the system's clock and randomness. It answers as soon as this returns; its signing key is
    /// made meanwhile, and whoever needs it first waits.
    pub async fn start(config: Config) -> Result<Self, ServeError> {
        Self::start_with(config, Ports::system()).await
    }

    /// Starts a zone with a clock and randomness of the caller's.
    pub async fn start_with(config: Config, ports: Ports) -> Result<Self, ServeError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = crate::prepare(vec![listener], config, ports)?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                // Nobody sends: it resolves when the sender is dropped.
                let _ = stopped.await;
            };
            if let Err(error) = server.run(stopped).await {
                tracing::error!(%error, "the embedded zone ended");
            }
        });
        Ok(Self { url, _stop: stop })
    }

    /// Where it listens, without a final slash. It is the issuer too, unless the configuration names another.
    pub fn url(&self) -> &str {
        &self.url
    }
}
