//! A server and a zone of one's own, for a check that disturbs keys.
//!
//! Servers limit how often they ask for keys; half a minute is common. On a shared server such checks would wait for one
//! another, and spoil the others' controls. Where we can start the server, each gets a fresh one, and all wait at once.

use std::any::Any;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use mock_zone::{Config, Issuer, MockZone, Secret};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::SslAcceptor;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::files;
use crate::survey::random_id;
use crate::tls::{Authority, Front};
use crate::upstream::Upstream;
use crate::zone::Zone;

/// Whoever can start the server under test once more.
#[async_trait]
pub trait Scenes: Send + Sync + std::fmt::Debug {
    /// A fresh server with a zone of its own; none where it does not start a second time (it may insist on one port).
    async fn another(&self) -> Option<Scene>;
    /// A fresh server that is told to trust this zone; none where it does not start, which may be for want of its zone.
    async fn another_at(&self, zone: &SecureZone) -> Option<Scene>;
    /// Whether such a server is told of the zone's certificate authority.
    fn tells_authorities(&self) -> bool;
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

/// A zone at an https issuer, the certificate of which the suite chooses.
#[derive(Debug)]
pub struct SecureZone {
    /// What stands in front of it and speaks TLS.
    pub front: Front,
    /// Its control plane, which speaks none.
    pub control: Zone,
    roots: Roots,
    _zone: MockZone,
}

impl SecureZone {
    /// Starts a zone that presents the certificate of `acceptor`. Servers are told to trust the authority `known`.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub async fn start(
        acceptor: SslAcceptor,
        known: &Authority,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let issuer = Issuer::parse(&format!("https://{}", listener.local_addr()?))?;
        let zone = MockZone::start(Config { issuer: Some(issuer), ..Config::default() }).await?;
        let inner: SocketAddr = zone.url().trim_start_matches("http://").parse()?;
        let control = Zone::connect(&Url::parse(zone.url())?, None).await?;
        let roots = Roots::with(&known.pem()?)?;
        Ok(Self { front: Front::start(listener, inner, acceptor), control, roots, _zone: zone })
    }

    /// The variables by which servers are told of the authority, beside those that they trust anyway: OpenSSL's, which Go
    /// and Rust read too, Node's, and that of Python's `requests`.
    pub fn variables(&self) -> Vec<(String, String)> {
        let path = self.roots.0.display().to_string();
        ROOT_VARIABLES.iter().map(|name| ((*name).to_owned(), path.clone())).collect()
    }
}

const ROOT_VARIABLES: [&str; 3] = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"];

/// Where systems keep the authorities that they trust.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// More than any such file holds.
const ROOTS_AT_MOST: u64 = 8 * 1024 * 1024;

/// A file of trusted authorities; it is gone when dropped.
#[derive(Debug)]
struct Roots(PathBuf);

impl Roots {
    /// The authorities that servers trust without us, and this one.
    fn with(own: &[u8]) -> std::io::Result<Self> {
        let named = ROOT_VARIABLES.iter().filter_map(std::env::var_os).map(PathBuf::from);
        let system = SYSTEM_ROOTS.iter().map(PathBuf::from).find(|path| path.exists());
        let path = std::env::temp_dir().join(format!("conformance-{}.pem", random_id()));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let roots = Self(path);
        file.write_all(own)?;
        for path in named.chain(system) {
            // One that cannot be read helps no server either.
            let _ = append(&path, &mut file);
        }
        Ok(roots)
    }
}

fn append(path: &Path, to: &mut fs::File) -> std::io::Result<()> {
    let mut text = Vec::new();
    files::regular(path)?.take(ROOTS_AT_MOST).read_to_end(&mut text)?;
    to.write_all(b"\n")?;
    to.write_all(&text)
}

impl Drop for Roots {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn signing_key() -> Result<Secret, ErrorStack> {
    let pem = PKey::from_rsa(Rsa::generate(2048)?)?.private_key_to_pem_pkcs8()?;
    Ok(Secret::new(String::from_utf8_lossy(&pem)))
}
