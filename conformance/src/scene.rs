//! A server and a zone of one's own, for a check that disturbs keys.
//!
//! Servers limit how often they ask for keys; half a minute is common. On a shared server such checks would wait for one
//! another, and spoil the others' controls. Where we can start the server, each gets a fresh one, and all wait at once.

use std::any::Any;

use async_trait::async_trait;
use url::Url;

use crate::launch::Launched;
use crate::zone::Zone;

/// Whoever can start the server under test once more.
#[async_trait]
pub trait Scenes: Send + Sync + std::fmt::Debug {
    /// A fresh server with a zone of its own; none where it does not start a second time (it may insist on one port).
    async fn another(&self) -> Option<Scene>;
}

/// A running server and the zone that it trusts.
#[derive(Debug)]
pub struct Scene {
    /// The server's MCP endpoint.
    pub url: Url,
    /// Its zone.
    pub zone: Zone,
    /// The server's process, where it is one of its own.
    pub process: Option<Launched>,
    /// Strings that no report may show, each with a name for it.
    pub secrets: Vec<(String, String)>,
    /// What else must live as long.
    pub keep: Box<dyn Any + Send + Sync>,
}
