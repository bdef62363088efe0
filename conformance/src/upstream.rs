//! A listener of the suite's own, which answers anything and remembers what it was sent: an API for tools that call one,
//! and a host for keys that no server should fetch.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::token::Token;

/// Requests that are remembered.
const KEPT: usize = 512;
/// Most bytes of a body that are remembered.
const BODY_KEPT: usize = 64 * 1024;

/// A request that reached the upstream.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The path.
    pub path: String,
    /// Method, URI, headers and the beginning of the body, as text.
    pub text: String,
    /// The token after `Bearer`, where there is one.
    pub bearer: Option<String>,
    /// Whether it has any of the headers that carry credentials.
    pub has_credentials: bool,
}

impl Seen {
    /// A claim of its token, where that is a JWT.
    pub fn claim(&self, name: &str) -> Option<String> {
        let token = Token::parse(self.bearer.as_deref()?)?;
        token.claims.get(name)?.as_str().map(str::to_owned)
    }
}

/// A listening upstream; it stops when dropped.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    seen: Arc<Mutex<Log>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    requests: VecDeque<Seen>,
    /// How many there were before those.
    forgotten: usize,
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
        let seen = Arc::new(Mutex::new(Log::default()));
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
        self.seen_since(0).iter().any(|seen| seen.path == path)
    }

    /// How many requests there were so far: a place from which to read on.
    pub fn place(&self) -> usize {
        let log = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        log.forgotten + log.requests.len()
    }

    /// What it was sent from a place on, oldest first.
    pub fn seen_since(&self, place: usize) -> Vec<Seen> {
        let log = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        log.requests.iter().skip(place.saturating_sub(log.forgotten)).cloned().collect()
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
    seen: Arc<Mutex<Log>>,
}

/// Headers that carry credentials, whatever their value.
const CREDENTIALS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-access-token"];

async fn remember(
    State(listening): State<Listening>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut text = format!("{method} {uri}\n");
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&String::from_utf8_lossy(&body[..body.len().min(BODY_KEPT)]));
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = authorization.and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let seen = Seen {
        path: uri.path().to_owned(),
        text,
        bearer: bearer.map(|(_, token)| token.trim().to_owned()),
        has_credentials: CREDENTIALS.iter().any(|name| headers.contains_key(*name)),
    };
    // What an API shows to its caller, so that a tool which passes it on shows for whom it called.
    let answer = json!({"ok": true, "caller": seen.claim("sub")}).to_string();
    {
        let mut log = listening.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if log.requests.len() == KEPT {
            log.requests.pop_front();
            log.forgotten += 1;
        }
        log.requests.push_back(seen);
    }
    match listening.documents.iter().find(|(path, _)| uri.path().starts_with(path)) {
        Some((_, document)) => document.clone().into_response(),
        None => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
    }
}
