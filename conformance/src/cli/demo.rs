//! `conformance demo`: an embedded zone, the reference server, the whole suite. No argument, no network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clap::Args;
use mock_zone::{Config, MockZone};
use reference_server::audit::Discard;
use reference_server::{Ports, ReferenceServer};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use url::Url;

use super::fail;
use super::interruptions::Interruptions;
use super::session::{RunOptions, Subject};
use crate::exit_status::ExitStatus;
use crate::scene::{Scene, Scenes, Started, Zones};
use crate::waits::Waits;
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
        let mut interruptions = Interruptions::listen();
        let scene = match first_stage().await {
            Ok(scene) => scene,
            Err(error) => return fail(ExitStatus::CouldNotTest, format!("could not start the demo: {error}")),
        };
        let subject = Subject {
            url: scene.url.clone(),
            zone: Some(scene.zone.clone()),
            given: None,
            full_access: true,
            rerun: "demo".to_owned(),
            scenes: Some(Arc::new(Again::default())),
            server: Some(Arc::clone(&scene.server)),
            secrets: Vec::new(),
            upstream: None,
            notes: Vec::new(),
        };
        self.options.execute(subject, &mut interruptions).await
    }
}

/// Sets the demo up once more.
#[derive(Debug, Default)]
struct Again {
    zones: Zones,
}

#[async_trait]
impl Scenes for Again {
    async fn another(&self) -> Option<Scene> {
        stage(self.zones.start().await?).await.ok()
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn first_stage() -> Result<Scene, Error> {
    stage(MockZone::start(Config::default()).await?).await
}

async fn stage(embedded: MockZone) -> Result<Scene, Error> {
    let zone = Zone::connect(&Url::parse(embedded.url())?, None).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let running = serve(listener, zone.issuer()).await?;
    // From here on the suite sees the server's URL alone.
    let url = Url::parse(running.url())?;
    zone.register_resource(url.as_str()).await?;
    let server = Embedded { running: Some(running), address, issuer: zone.issuer().to_owned() };
    Ok(Scene { url, zone, server: Arc::new(Mutex::new(server)), secrets: Vec::new(), keep: Box::new(embedded) })
}

async fn serve(listener: TcpListener, issuer: &str) -> Result<ReferenceServer, Error> {
    let origin = format!("http://{}", listener.local_addr()?);
    let config = reference_server::Config::new(issuer)?.with_public_origin(&origin)?;
    Ok(ReferenceServer::start_with(listener, config, Ports::system(Arc::new(Discard))).await?)
}

/// The reference server in this process.
struct Embedded {
    /// Dropping it is the signal to stop.
    running: Option<ReferenceServer>,
    address: SocketAddr,
    issuer: String,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("address", &self.address).finish_non_exhaustive()
    }
}

#[async_trait]
impl Started for Embedded {
    async fn restart(&mut self) -> bool {
        self.running = None;
        // The port is free as soon as the server has heard of its end.
        let mut waits = Waits::within(Duration::from_secs(5));
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) if waits.again().await => {}
                Err(_) => return false,
            }
        };
        self.running = serve(listener, &self.issuer).await.ok();
        self.running.is_some()
    }

    async fn stop(&mut self) {
        self.running = None;
    }
}
