//! An API of the suite's own, for tools that call one: it answers anything and remembers what it was sent.

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
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(VecDeque::new()));
        let router = Router::new().fallback(remember).with_state(Arc::clone(&seen));
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

async fn remember(
    State(seen): State<Arc<Mutex<VecDeque<Seen>>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> &'static str {
    let mut text = format!("{method} {uri}\n");
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&String::from_utf8_lossy(&body));
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.len() == KEPT {
        seen.pop_front();
    }
    seen.push_back(text);
    "{\"ok\":true}"
}
