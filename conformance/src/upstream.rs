//! A listener of the suite's own, which answers anything and remembers what it was sent: an API for tools that call one,
//! and a host for keys that no server should fetch.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Requests that are remembered.
const KEPT: usize = 256;

/// A request that reached the upstream, as text: method, URI, headers and the beginning of the body.
pub type Seen = String;

/// A listening upstream; it stops when dropped.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    seen: Arc<Mutex<VecDeque<Seen>>>,
    server: JoinHandle<()>,
}

impl Upstream {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        Self::serving(Vec::new()).await
    }

    /// The same, with documents: each is served at its path, and at every path that begins with it.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn serving(documents: Vec<(&'static str, String)>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(VecDeque::new()));
        let state = Listening { documents: documents.into(), seen: Arc::clone(&seen) };
        let router = Router::new().fallback(remember).with_state(state);
        let server = tokio::spawn(async move {
            // axum's accept loop ends with its task only.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, seen, server })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether anybody asked for this path.
    pub fn was_asked_for(&self, path: &str) -> bool {
        self.seen().iter().any(|seen| seen.split(' ').nth(1).and_then(|uri| uri.lines().next()) == Some(path))
    }

    /// What it was sent so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Listening {
    documents: Arc<[(&'static str, String)]>,
    seen: Arc<Mutex<VecDeque<Seen>>>,
}

async fn remember(
    State(listening): State<Listening>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> String {
    let mut text = format!("{method} {uri}\n");
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&String::from_utf8_lossy(&body));
    let mut seen = listening.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.len() == KEPT {
        seen.pop_front();
    }
    seen.push_back(text);
    let document = listening.documents.iter().find(|(path, _)| uri.path().starts_with(path));
    document.map_or_else(|| "{\"ok\":true}".to_owned(), |(_, body)| body.clone())
}
