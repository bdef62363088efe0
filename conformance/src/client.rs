//! The only way to the server under test: bounded, without redirects, and every exchange recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use hyper_tls::HttpsConnector;
use hyper_tls::native_tls::{self, TlsConnector};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{HttpConnector, HttpInfo};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use url::Url;

pub use crate::no_reply::{NoReply, innermost};

use crate::context::Options;
use crate::ledger::Ledger;
use crate::reply::{EventEnds, Reply};
use crate::secrets::Secrets;
use crate::transcript::{self, Exchange, Transcript};

/// Most of a body that is read, in bytes. A tools list of a thousand tools fits; what a hostile server streams does not.
const BODY_AT_MOST: usize = 1024 * 1024;

/// The bound on connecting, TLS included: an address that swallows packets would else use up the whole of every exchange.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long a stream that has brought its answer may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// Requests that may go without an answer for as long as the user allows; from then on the suite waits [`IMPATIENT`].
///
/// A server that stops answering in the midst of a run would else cost a minute for each of hundreds of requests.
const IN_VAIN_AT_MOST: usize = 20;
const IMPATIENT: Duration = Duration::from_secs(5);

/// How the suite introduces itself to servers.
pub const USER_AGENT: &str = concat!("conformance/", env!("CARGO_PKG_VERSION"), " (checks protected MCP servers)");

/// A request to be sent and recorded.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it is for, in a few words, for the evidence.
    pub purpose: String,
    /// HTTP method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The path as it goes out, in place of the URL's: a `Url` has its dots resolved.
    pub raw_path: Option<String>,
    /// Headers; `Authorization` among them goes to the target's own origin only.
    pub headers: HeaderMap,
    /// Body, if any.
    pub body: Option<Vec<u8>>,
    /// The JSON-RPC id whose answer ends an event stream.
    pub rpc_id: Option<Value>,
    /// Whether the answer's body is kept out of the evidence, since it may hold what nobody should see.
    pub confidential: bool,
    /// Whether a request of the server's in an event stream ends the reading of it too.
    pub ends_when_asked: bool,
}

impl Request {
    /// A GET without headers.
    pub fn get(url: Url, purpose: impl Into<String>) -> Self {
        Self {
            purpose: purpose.into(),
            method: Method::GET,
            url,
            raw_path: None,
            headers: HeaderMap::new(),
            body: None,
            rpc_id: None,
            confidential: false,
            ends_when_asked: false,
        }
    }

    /// The same request with `Authorization: Bearer token`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.authorization(&format!("Bearer {token}"))
    }

    /// The same request with this `Authorization` value, beside any that it has.
    #[must_use]
    pub fn authorization(mut self, value: &str) -> Self {
        // A token may hold what no header can (a line break, say); such a value is sent without those bytes.
        let sendable: Vec<u8> = value.bytes().filter(|b| *b == b'\t' || *b >= b' ' && *b != 0x7f).collect();
        if let Ok(value) = HeaderValue::from_bytes(&sendable) {
            self.headers.append(AUTHORIZATION, value);
        }
        self
    }

    /// The same request with a header set to this value.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same request without a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The same request, the body of whose answer no report shows.
    #[must_use]
    pub fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }

    /// The same request, of whose answer no more is read once the server asks something in its turn.
    #[must_use]
    pub fn until_asked(mut self) -> Self {
        self.ends_when_asked = true;
        self
    }

    /// The same request with its JSON-RPC message changed.
    #[must_use]
    pub fn message(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut message = self.body.as_deref().and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default();
        change(&mut message);
        self.rpc_id = message.get("id").filter(|id| !id.is_null()).cloned();
        self.body = Some(message.to_string().into_bytes());
        self
    }

    /// The same request with this body, whose answer is still known by the id.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same request, said to be for something else.
    #[must_use]
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = purpose.into();
        self
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The TLS library refused its settings.
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] native_tls::Error),
    /// The HTTP library refused its settings.
    #[error("the HTTP client could not be set up: {0}")]
    Http(#[from] reqwest::Error),
}

type Hyper = legacy::Client<HttpsConnector<HttpConnector>, reqwest::Body>;

/// Sends requests and keeps what happened.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// The same, with a new connection for each request.
    fresh: reqwest::Client,
    /// For paths as they stand.
    hyper: Hyper,
    /// What all connections are made with; to set it up reads the machine's certificates.
    tls: TlsConnector,
    options: Arc<Options>,
    secrets: Arc<Secrets>,
    target: url::Origin,
    timeout: Duration,
    connect_within: Duration,
    in_vain: Arc<AtomicUsize>,
    ledger: Arc<Ledger>,
    /// As [`Connections::One`] has it.
    keeps_its_connection: bool,
}

/// What is particular about a client's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// Connections are kept and used again, whichever is free.
    Pooled,
    /// At most one is kept, and every answer is read to its end: requests one after the other go over it, as long as the
    /// server lets it be.
    One,
    /// None is kept.
    OneEach,
    /// As [`Connections::Pooled`], with header names in title case, `Mcp-Method`; else they are in lower case.
    TitleCase,
}

impl Client {
    /// A client for the target of these options.
    ///
    /// # Errors
    /// Where the TLS library cannot be set up.
    pub fn new(options: &Options, secrets: Arc<Secrets>) -> Result<Self, SetUpError> {
        let timeout = options.timeout;
        // Less than the whole, so that a connection that does not come about is told from an answer that does not.
        let connect_within = CONNECT_WITHIN.min(timeout * 3 / 4);
        let tls = tls(options)?;
        Ok(Self {
            http: http(options, &tls, connect_within, Connections::Pooled)?,
            fresh: http(options, &tls, connect_within, Connections::OneEach)?,
            hyper: hyper(&tls),
            tls,
            options: Arc::new(options.clone()),
            secrets,
            target: options.url.origin(),
            timeout,
            connect_within,
            in_vain: Arc::default(),
            ledger: Arc::default(),
            keeps_its_connection: false,
        })
    }

    /// A client for the same target with connections of its own.
    ///
    /// # Errors
    /// Where the TLS library cannot be set up.
    pub fn apart(&self, connections: Connections) -> Result<Self, SetUpError> {
        Ok(Self {
            http: http(&self.options, &self.tls, self.connect_within, connections)?,
            keeps_its_connection: connections == Connections::One,
            ..self.clone()
        })
    }

    /// The same client with a tighter bound on one exchange. That it is reached says nothing of the server's patience.
    #[must_use]
    pub fn within(&self, bound: Duration) -> Self {
        Self { timeout: self.timeout.min(bound), in_vain: Arc::default(), ..self.clone() }
    }

    /// The bound on one exchange, as it stands.
    pub fn timeout(&self) -> Duration {
        let is_patient = self.in_vain.load(Ordering::Relaxed) < IN_VAIN_AT_MOST;
        if is_patient { self.timeout } else { self.timeout.min(IMPATIENT) }
    }

    /// What all answers so far held that may be part of a token.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Sends a request, reads its answer up to the bound, and records both.
    ///
    /// # Errors
    /// [`NoReply`] where no complete head of an answer came.
    pub async fn send(&self, request: &Request, transcript: &Transcript) -> Result<Reply, NoReply> {
        if request.headers.contains_key(AUTHORIZATION) && request.url.origin() != self.target {
            return Err(NoReply::ForeignOrigin(request.url.origin().ascii_serialization()));
        }
        let started = Instant::now();
        let within = self.timeout();
        let outcome = self.exchange(request, within).await;
        let duration = started.elapsed();
        // An answer that drips until the time is up is none either.
        if duration >= within || matches!(outcome, Err(NoReply::ConnectTimeout(_))) {
            self.in_vain.fetch_add(1, Ordering::Relaxed);
        }
        let exchange = Arc::new(self.evidence(request, &outcome, duration));
        transcript.push(Arc::clone(&exchange));
        if let Ok(reply) = &outcome {
            reply.headers.values().for_each(|value| self.ledger.note(value.as_bytes(), &exchange.purpose));
            self.ledger.note(&reply.body, &exchange.purpose);
        }
        outcome.map(|mut reply| {
            reply.duration = duration;
            reply.exchange = exchange;
            reply
        })
    }

    /// The answer's head.
    ///
    /// Servers close connections that we hold for the next request, some (uvicorn after an exception) without a word.
    /// Only a connection of its own tells that from a server that gives this request no answer.
    async fn answer(&self, request: &Request, within: Duration) -> Result<reqwest::Response, NoReply> {
        if let Some(path) = &request.raw_path {
            return self.answer_at(path, request, within).await;
        }
        let send = |http: &reqwest::Client| {
            let outgoing = http.request(request.method.clone(), request.url.clone());
            let outgoing = outgoing.headers(request.headers.clone()).timeout(within);
            match &request.body {
                Some(body) => outgoing.body(body.clone()).send(),
                None => outgoing.send(),
            }
        };
        let no_reply = |error: reqwest::Error| NoReply::of(&error, self.connect_within, within);
        match send(&self.http).await.map_err(no_reply) {
            Err(NoReply::Broken(_)) => send(&self.fresh).await.map_err(no_reply),
            sent => sent,
        }
    }

    /// The answer to a request whose path goes out as it stands, over a connection of its own.
    async fn answer_at(&self, path: &str, request: &Request, within: Duration) -> Result<reqwest::Response, NoReply> {
        let mut outgoing = http::Request::new(reqwest::Body::from(request.body.clone().unwrap_or_default()));
        let uri = format!("{}{path}", request.url.origin().ascii_serialization());
        *outgoing.uri_mut() = uri.parse().map_err(|e| NoReply::Broken(innermost(&e)))?;
        *outgoing.method_mut() = request.method.clone();
        *outgoing.headers_mut() = request.headers.clone();
        outgoing.headers_mut().insert(http::header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        match tokio::time::timeout(within, self.hyper.request(outgoing)).await {
            Ok(Ok(incoming)) => Ok(incoming.map(reqwest::Body::wrap).into()),
            Ok(Err(error)) if error.is_connect() => Err(NoReply::Connect(innermost(&error))),
            Ok(Err(error)) => Err(NoReply::Broken(innermost(&error))),
            Err(_) => Err(NoReply::Timeout(within)),
        }
    }

    async fn exchange(&self, request: &Request, within: Duration) -> Result<Reply, NoReply> {
        let until = tokio::time::Instant::now() + within;
        let mut incoming = self.answer(request, within).await?;
        let mut reply = Reply::new(incoming.status(), incoming.headers().clone(), request.rpc_id.clone());
        reply.connection = incoming.extensions().get::<HttpInfo>().map(HttpInfo::local_addr);
        let is_stream = is_event_stream(&reply.headers);
        if is_stream && request.rpc_id.is_none() {
            return Ok(reply); // a stream that was opened stays open; its head says all
        }
        let mut events = EventEnds::default();
        let says_no = reply.status.is_client_error() || reply.status.is_server_error();
        let (mut until, mut has_answered) = (until, false);
        loop {
            let answered = match tokio::time::timeout_at(until, incoming.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    reply.body.extend_from_slice(&chunk);
                    is_stream && events.after(&chunk).is_some_and(|events| reply.is_answered_in(events))
                }
                Ok(Ok(None)) => break,
                // The head has come, and what the body lacks the checks will see.
                Ok(Err(_)) | Err(_) => {
                    reply.cut_short = !has_answered;
                    break;
                }
            };
            if reply.body.len() > BODY_AT_MOST {
                reply.body.truncate(BODY_AT_MOST);
                reply.cut_short = true;
                break;
            }
            if is_stream && request.ends_when_asked && reply.requests().next().is_some() {
                break;
            }
            if answered && says_no {
                // What is refused may be done all the same, and told later.
                has_answered = true;
                until = until.min(tokio::time::Instant::now() + ENDS_WITHIN);
            } else if answered {
                if self.keeps_its_connection {
                    let ends = read_to_its_end(&mut incoming, until.min(tokio::time::Instant::now() + ENDS_WITHIN));
                    reply.left_open = !ends.await;
                }
                break;
            }
        }
        Ok(reply)
    }

    fn evidence(&self, request: &Request, outcome: &Result<Reply, NoReply>, duration: Duration) -> Exchange {
        let secrets = &self.secrets;
        let reply = outcome.as_ref().ok();
        Exchange {
            purpose: secrets.mask(&request.purpose),
            request: secrets.mask(&match &request.raw_path {
                Some(path) => format!("{} {}{path}", request.method, request.url.origin().ascii_serialization()),
                None => format!("{} {}", request.method, request.url),
            }),
            request_headers: transcript::header_lines(&request.headers, secrets),
            request_body: transcript::body_text(request.body.as_deref().unwrap_or_default(), secrets),
            status: reply.map(|r| r.status.as_u16()),
            error: outcome.as_ref().err().map(|e| secrets.mask(&e.to_string())),
            response_headers: reply.map(|r| transcript::header_lines(&r.headers, secrets)).unwrap_or_default(),
            response_body: match reply {
                Some(reply) if request.confidential => format!("[{} bytes, not shown]", reply.body.len()),
                Some(reply) => transcript::body_text(&reply.body, secrets),
                None => String::new(),
            },
            duration_ms: transcript::millis(duration),
        }
    }
}

/// Reads a stream that has said all, up to its end, if that comes: a connection with something left on it is not used
/// again.
async fn read_to_its_end(incoming: &mut reqwest::Response, until: tokio::time::Instant) -> bool {
    let mut left = BODY_AT_MOST;
    while left > 0 {
        match tokio::time::timeout_at(until, incoming.chunk()).await {
            Ok(Ok(Some(chunk))) => left = left.saturating_sub(chunk.len()),
            Ok(Ok(None) | Err(_)) => return true,
            Err(_) => return false,
        }
    }
    false
}

/// What all of the suite's clients of the target have in common.
pub(crate) fn builder(options: &Options) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(options.timeout)
}

fn tls(options: &Options) -> Result<TlsConnector, native_tls::Error> {
    let mut tls = TlsConnector::builder();
    for der in &options.roots {
        tls.add_root_certificate(native_tls::Certificate::from_der(der)?);
    }
    tls.build()
}

fn http(
    options: &Options,
    tls: &TlsConnector,
    connect_within: Duration,
    connections: Connections,
) -> Result<reqwest::Client, reqwest::Error> {
    let builder = builder(options).connect_timeout(connect_within).tls_backend_preconfigured(tls.clone());
    let builder = match connections {
        Connections::Pooled => builder,
        Connections::One => builder.pool_max_idle_per_host(1),
        Connections::OneEach => builder.pool_max_idle_per_host(0),
        Connections::TitleCase => builder.http1_title_case_headers(),
    };
    builder.build()
}

fn hyper(tls: &TlsConnector) -> Hyper {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let connector = HttpsConnector::from((tcp, tls.clone().into()));
    legacy::Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
}
