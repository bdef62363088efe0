//! A listener of the suite's own, which answers anything and remembers what it was sent: an API for tools that call one,
//! and a host for keys that no server should fetch.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::token::Token;

/// Requests that are remembered, and most bytes of all of them.
const KEPT: usize = 512;
const BYTES_KEPT: usize = 16 * 1024 * 1024;
/// Most bytes of a request line and its headers; what sends more is answered 431 (RFC 6585 section 5).
const HEAD_AT_MOST: usize = 64 * 1024;
/// Most bytes of a body that are remembered, and that are read.
const BODY_KEPT: usize = 64 * 1024;
const BODY_READ: usize = 2 * 1024 * 1024;
/// Connections that are served at once; others wait for one to end.
const CONNECTIONS: usize = 128;
/// What a listener waits that cannot accept: the process has no descriptor left, most likely.
const ACCEPTS_AGAIN: Duration = Duration::from_millis(100);

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

    fn bytes(&self) -> usize {
        self.path.len() + self.text.len() + self.bearer.as_ref().map_or(0, String::len)
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
    /// The bytes of those.
    bytes: usize,
    /// How many there were before those.
    forgotten: usize,
}

impl Log {
    /// Remembers a request, and forgets the oldest beyond the bounds.
    fn add(&mut self, seen: Seen) {
        self.bytes += seen.bytes();
        self.requests.push_back(seen);
        while self.requests.len() > KEPT || self.bytes > BYTES_KEPT {
            let Some(oldest) = self.requests.pop_front() else { return };
            self.bytes -= oldest.bytes();
            self.forgotten += 1;
        }
    }
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
        let server = tokio::spawn(serve(listener, router));
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

/// Serves whoever connects, within bounds; ends with its task only.
async fn serve(listener: TcpListener, router: Router) {
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().max_buf_size(HEAD_AT_MOST);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        // It is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPTS_AGAIN).await;
            continue;
        };
        let (builder, service) = (builder.clone(), TowerToHyperService::new(router.clone()));
        connections.spawn(async move {
            // How a connection ends is the server's affair.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The beginning of a body, which is read no further than it has to be.
async fn beginning(body: Body) -> Vec<u8> {
    let (mut kept, mut read) = (Vec::new(), 0);
    let mut frames = body.into_data_stream();
    while let Some(Ok(frame)) = frames.next().await {
        read += frame.len();
        kept.extend_from_slice(&frame[..frame.len().min(BODY_KEPT - kept.len())]);
        if read > BODY_READ {
            break;
        }
    }
    kept
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
    body: Body,
) -> Response {
    let mut text = format!("{method} {uri}\n");
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&String::from_utf8_lossy(&beginning(body).await));
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
    listening.seen.lock().unwrap_or_else(PoisonError::into_inner).add(seen);
    match listening.documents.iter().find(|(path, _)| uri.path().starts_with(path)) {
        Some((_, document)) => document.clone().into_response(),
        None => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    /// The answer to a request with this token, over a connection of its own.
    async fn sent(upstream: &Upstream, token: &str, body: &[u8]) -> String {
        let address = upstream.url().trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let head = format!(
            "POST /items HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
            body.len()
        );
        // It may answer, and close, before it has read all.
        let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn what_was_sent_is_remembered() {
        let upstream = Upstream::start().await.expect("there is a free port");
        let answer = sent(&upstream, "the-token", b"the body").await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"ok\":true"), "{answer}");
        let seen = &upstream.seen_since(0)[0];
        assert_eq!((seen.path.as_str(), seen.bearer.as_deref()), ("/items", Some("the-token")));
        assert!(seen.has_credentials && seen.text.ends_with("the body"), "{seen:?}");
    }

    #[tokio::test]
    async fn a_flood_is_remembered_within_bounds() {
        let upstream = Upstream::start().await.expect("there is a free port");
        let answer = sent(&upstream, &"a".repeat(390_000), b"").await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert_eq!(upstream.place(), 0);

        let (large, body) = ("a".repeat(60_000), vec![b'b'; 200_000]);
        for _ in 0..120 {
            sent(&upstream, &large, &body).await;
        }
        sent(&upstream, "the last", b"").await;
        let seen = upstream.seen_since(0);
        assert!(seen.iter().map(Seen::bytes).sum::<usize>() <= BYTES_KEPT, "{}", seen.len());
        assert_eq!((upstream.place(), seen.last().and_then(|last| last.bearer.as_deref())), (121, Some("the last")));
        assert_eq!(upstream.seen_since(120).len(), 1);
    }
}
