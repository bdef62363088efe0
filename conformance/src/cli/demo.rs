//! `conformance demo`: an embedded zone, the reference server, the whole suite. No argument, no network.

use std::sync::Arc;

use clap::Args;
use mock_zone::{Config, MockZone};
use reference_server::audit::Discard;
use reference_server::{Ports, ReferenceServer};
use tokio::net::TcpListener;
use url::Url;

use super::fail;
use super::session::{RunOptions, Subject};
use crate::exit_status::ExitStatus;
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
        match stage().await {
            Ok((_zone, _server, subject)) => self.options.execute(subject).await,
            Err(error) => fail(ExitStatus::CouldNotTest, format!("could not start the demo: {error}")),
        }
    }
}

async fn stage() -> Result<(MockZone, ReferenceServer, Subject), Box<dyn std::error::Error>> {
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
    Ok((
        embedded,
        server,
        Subject {
            url,
            zone: Some(zone),
            full_access: true,
            rerun: "demo".to_owned(),
            scenes: None,
            secrets: Vec::new(),
        },
    ))
}
