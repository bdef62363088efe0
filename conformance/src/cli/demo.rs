//! `conformance demo`: an embedded zone, the reference server, the whole suite. No argument, no network.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::{self, Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use clap::Args;
use mock_zone::{Config, MockZone};
use reference_server::audit::{Discard, JsonLines};
use reference_server::config::ClientCredentials;
use reference_server::{AuditSink, Ports, ReferenceServer};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use url::Url;

use super::fail;
use super::interruptions::Interruptions;
use super::session::{RunOptions, Subject};
use crate::exit_status::ExitStatus;
use crate::scene::{Scene, Scenes, SecureZone, Started, Zones};
use crate::server_audit::{Mapping, ServerAudit, Source};
use crate::upstream::Upstream;
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
        let log = Arc::new(sync::Mutex::new(Vec::new()));
        let scene = match first_stage(Arc::clone(&log)).await {
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
            secrets: scene.secrets,
            upstream: scene.upstream,
            upstream_tool: Some("fetch_upstream"),
            is_users: false,
            server_audit: Some(ServerAudit::new(Source::Memory(log), Mapping::default())),
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
        stage(self.zones.start().await?, Arc::new(Discard)).await.ok()
    }

    async fn another_at(&self, zone: &SecureZone) -> Option<Scene> {
        around(zone.control.clone(), Box::new(()), Arc::new(Discard)).await.ok()
    }

    /// The server is in this process, and so has its variables.
    fn tells_authorities(&self) -> bool {
        false
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The server's log of calls, where the suite can read it.
#[derive(Debug)]
struct InMemory(Arc<sync::Mutex<Vec<u8>>>);

impl io::Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn first_stage(log: Arc<sync::Mutex<Vec<u8>>>) -> Result<Scene, Error> {
    stage(MockZone::start(Config::default()).await?, Arc::new(JsonLines::new(InMemory(log)))).await
}

async fn stage(embedded: MockZone, audit: Arc<dyn AuditSink>) -> Result<Scene, Error> {
    let zone = Zone::connect(&Url::parse(embedded.url())?, None).await?;
    around(zone, Box::new(embedded), audit).await
}

/// The reference server and its zone, which lives as long as `keep`.
async fn around(zone: Zone, keep: Box<dyn Any + Send + Sync>, audit: Arc<dyn AuditSink>) -> Result<Scene, Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let upstream = Arc::new(Upstream::start().await?);
    zone.register_resource(upstream.url()).await?;
    let (client_id, secret) = zone.create_client("reference server", &[upstream.url()]).await?;
    let origin = format!("http://{address}");
    let mut config =
        reference_server::Config::new(zone.issuer())?.with_public_origin(&origin)?.with_upstream(upstream.url())?;
    config.credentials = Some(ClientCredentials::new(client_id.clone(), secret.clone()));
    let running = serve(listener, &config, &audit).await?;
    // From here on the suite sees the server's URL alone.
    let url = Url::parse(running.url())?;
    zone.register_resource(url.as_str()).await?;
    zone.let_provide(&client_id, url.as_str()).await?;
    let server = Embedded { running: Some(running), address, config, audit };
    Ok(Scene {
        url,
        zone,
        server: Arc::new(Mutex::new(server)),
        upstream: Some(upstream),
        secrets: vec![(secret, "client secret".to_owned())],
        keep,
    })
}

async fn serve(
    listener: TcpListener,
    config: &reference_server::Config,
    audit: &Arc<dyn AuditSink>,
) -> Result<ReferenceServer, Error> {
    Ok(ReferenceServer::start_with(listener, config.clone(), Ports::system(Arc::clone(audit))).await?)
}

/// The reference server in this process.
struct Embedded {
    /// Dropping it is the signal to stop.
    running: Option<ReferenceServer>,
    address: SocketAddr,
    config: reference_server::Config,
    audit: Arc<dyn AuditSink>,
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
        self.running = serve(listener, &self.config, &self.audit).await.ok();
        self.running.is_some()
    }

    async fn stop(&mut self) {
        self.running = None;
    }
}
