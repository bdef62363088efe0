//! A server and a zone of one's own, for a check that disturbs keys.
//!
//! Servers limit how often they ask for keys; half a minute is common. On a shared server such checks would wait for one
//! another, and spoil the others' controls. Where we can start the server, each gets a fresh one, and all wait at once.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use mock_zone::{Config, MockZone, Secret};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::upstream::Upstream;
use crate::zone::Zone;

/// Whoever can start the server under test once more.
#[async_trait]
pub trait Scenes: Send + Sync + std::fmt::Debug {
    /// A fresh server with a zone of its own; none where it does not start a second time (it may insist on one port).
    async fn another(&self) -> Option<Scene>;
}

/// A running server that can be stopped.
#[async_trait]
pub trait Started: Send + Sync + std::fmt::Debug {
    /// Stops it and starts it anew, at the same address and with the same zone; whether it answers again.
    async fn restart(&mut self) -> bool;
    /// Stops it for good.
    async fn stop(&mut self);
}

/// A running server and the zone that it trusts.
#[derive(Debug)]
pub struct Scene {
    /// The server's MCP endpoint.
    pub url: Url,
    /// Its zone.
    pub zone: Zone,
    /// The server itself.
    pub server: Arc<Mutex<dyn Started>>,
    /// The API that the server was told to call.
    pub upstream: Option<Arc<Upstream>>,
    /// Strings that no report may show, each with a name for it.
    pub secrets: Vec<(String, String)>,
    /// What else must live as long.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Starts the scenes' zones. They share a signing key: making one costs more than all the rest of a zone, and no two of them
/// are ever trusted by one server.
#[derive(Debug, Default)]
pub struct Zones {
    key: OnceCell<Result<Secret, ErrorStack>>,
}

impl Zones {
    /// A zone of its own; none where it cannot be had.
    pub async fn start(&self) -> Option<MockZone> {
        let made = self.key.get_or_try_init(async || tokio::task::spawn_blocking(signing_key).await);
        let key = made.await.ok()?.as_ref().ok()?.clone();
        MockZone::start(Config { signing_key: Some(key), ..Config::default() }).await.ok()
    }
}

fn signing_key() -> Result<Secret, ErrorStack> {
    let pem = PKey::from_rsa(Rsa::generate(2048)?)?.private_key_to_pem_pkcs8()?;
    Ok(Secret::new(String::from_utf8_lossy(&pem)))
}
