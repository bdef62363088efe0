//! `conformance demo`: an embedded zone, the reference server, the whole suite. No argument, no network.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use mock_zone::{Config, MockZone};
use reference_server::audit::Discard;
use reference_server::{Ports, ReferenceServer};
use tokio::net::TcpListener;
use url::Url;

use super::fail;
use super::session::{RunOptions, Subject};
use crate::exit_status::ExitStatus;
use crate::scene::{Scene, Scenes};
use crate::zone::Zone;

/// Tests the reference server against an embedded zone.
#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    options: RunOptions,
}

impl Demo {
    pub(super) async fn execute(&self) -> ExitStatus {
        if let Err(message) = self.options.check() {
            return fail(ExitStatus::Usage, message);
        }
        match Stage::set().await {
            Ok(stage) => {
                let subject = Subject {
                    url: stage.url.clone(),
                    zone: Some(stage.zone.clone()),
                    full_access: true,
                    rerun: "demo".to_owned(),
                    scenes: Some(Arc::new(Again)),
                    secrets: Vec::new(),
                    upstream: None,
                    notes: Vec::new(),
                };
                self.options.execute(subject).await
            }
            Err(error) => fail(ExitStatus::CouldNotTest, format!("could not start the demo: {error}")),
        }
    }
}

/// A zone and a reference server that trusts it.
struct Stage {
    /// Both stop when they are dropped.
    _running: (MockZone, ReferenceServer),
    zone: Zone,
    url: Url,
}

impl Stage {
    async fn set() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let embedded = MockZone::start(Config::default()).await?;
        let zone = Zone::connect(&Url::parse(embedded.url())?, None).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let config = reference_server::Config::new(zone.issuer())?.with_public_origin(&origin)?;
        let ports = Ports::system(Arc::new(Discard));
        let server = ReferenceServer::start_with(listener, config, ports).await?;
        // From here on the suite sees the server's URL alone.
        let url = Url::parse(server.url())?;
        zone.register_resource(url.as_str()).await?;
        Ok(Self { _running: (embedded, server), zone, url })
    }
}

/// Sets the stage once more.
#[derive(Debug)]
struct Again;

#[async_trait]
impl Scenes for Again {
    async fn another(&self) -> Option<Scene> {
        let stage = Stage::set().await.ok()?;
        let (url, zone) = (stage.url.clone(), stage.zone.clone());
        Some(Scene { url, zone, process: None, secrets: Vec::new(), keep: Box::new(stage) })
    }
}
