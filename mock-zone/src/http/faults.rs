//! Faults: what the control plane told an endpoint to do instead of answering, or to do to its answer.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::oauth_error;
use super::{Shared, authorize};
use crate::listen::{Peer, Severing};
use crate::zone::description::description as describe;

/// An endpoint that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// The metadata documents, under each of their well-known paths.
    Discovery,
    /// The key set.
    Jwks,
    /// `/oauth/2/authorize`.
    Authorize,
    /// `/oauth/2/token`.
    Token,
    /// `/oauth/2/registration`.
    Registration,
    /// `/oauth/2/introspection`.
    Introspection,
    /// `/openid/connect/userinfo`.
    Userinfo,
    /// The pages under `/login`.
    Login,
    /// `/events`.
    Events,
}

impl Endpoint {
    pub(crate) const NAMES: [(&'static str, Self); 9] = [
        ("discovery", Self::Discovery),
        ("jwks", Self::Jwks),
        ("authorize", Self::Authorize),
        ("token", Self::Token),
        ("registration", Self::Registration),
        ("introspection", Self::Introspection),
        ("userinfo", Self::Userinfo),
        ("login", Self::Login),
        ("events", Self::Events),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(known, endpoint)| (known == name).then_some(endpoint))
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.into_iter().find_map(|(name, known)| (known == self).then_some(name)).unwrap_or_default()
    }

    /// The endpoint at this path of the zone.
    pub(crate) fn at(path: &str) -> Option<Self> {
        // Well-known paths come with an issuer's path before them or after them too.
        let is_document =
            |name: &str| path.split_once(name).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('/'));
        if is_document("/.well-known/oauth-authorization-server") || is_document("/.well-known/openid-configuration") {
            return Some(Self::Discovery);
        }
        Some(match path {
            "/openidconnect/jwks" => Self::Jwks,
            "/oauth/2/authorize" => Self::Authorize,
            "/oauth/2/token" => Self::Token,
            "/oauth/2/registration" => Self::Registration,
            "/oauth/2/introspection" => Self::Introspection,
            "/openid/connect/userinfo" => Self::Userinfo,
            "/events" => Self::Events,
            path if path == "/login" || path.starts_with("/login/") => Self::Login,
            _ => return None,
        })
    }

    /// Whether a request with this method asks for what the endpoint is there for.
    fn serves(self, method: &Method) -> bool {
        let (get, post) = match self {
            Self::Discovery | Self::Jwks | Self::Authorize | Self::Events => (true, false),
            Self::Token | Self::Registration | Self::Introspection => (false, true),
            Self::Userinfo | Self::Login => (true, true),
        };
        match *method {
            Method::GET => get,
            // The authorization endpoint refuses HEAD by itself.
            Method::HEAD => get && self != Self::Authorize,
            Method::POST => post,
            _ => false,
        }
    }
}

/// What goes wrong, and how late.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Armed {
    pub(crate) delay: Duration,
    pub(crate) kind: Option<Kind>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Another status, with an error body.
    Status(StatusCode),
    /// An OAuth error; from the authorization endpoint it goes to the client, as RFC 6749 section 4.1.2.1 has it.
    Error { status: StatusCode, error: String, description: Option<String> },
    /// Another body, with status 200.
    Body(WrongBody),
    /// Another document with this status: keys that no zone has, metadata that lies, an OAuth error.
    Json(StatusCode, Value),
    /// No answer: the connection ends.
    Close,
    /// The true answer, a few bytes at a time.
    Slow { bytes: usize, every: Duration },
    /// The true answer under another `Content-Type`.
    ContentType(HeaderValue),
    /// The true metadata but for its `issuer`.
    Issuer(String),
}

/// What stands where the true body should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongBody {
    /// Text that is no JSON.
    Malformed,
    /// A web page.
    Html,
    /// JSON of the right kind with nothing in it.
    Empty,
    /// The first half of the true body, as if that were all.
    Truncated,
    /// The first half of the true body, although all of it was announced; then the connection ends.
    Aborted,
    /// As `Empty`, in 16 MiB: more than anybody needs to read.
    Oversized,
}

/// The size of an oversized body. A reader without a bound survives it, and so does the machine that runs the test.
const OVERSIZED: usize = 16 * 1024 * 1024;

/// The longest that a slow answer may take; then its connection ends. Some readers wait as long as bytes come.
pub(crate) const LONGEST_ANSWER: Duration = Duration::from_secs(300);

/// The largest true answer that is taken apart.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

impl WrongBody {
    pub(crate) const NAMES: [(&'static str, Self); 6] = [
        ("malformed", Self::Malformed),
        ("html", Self::Html),
        ("empty", Self::Empty),
        ("truncated", Self::Truncated),
        ("aborted", Self::Aborted),
        ("oversized", Self::Oversized),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(known, body)| (known == name).then_some(body))
    }

    fn name(self) -> &'static str {
        Self::NAMES.into_iter().find_map(|(name, known)| (known == self).then_some(name)).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
struct InForce {
    armed: Armed,
    /// How many requests it still meets; `None`: all.
    times: Option<u64>,
    /// When it ends by itself; `None`: never.
    until: Option<Timestamp>,
    /// How many requests met it.
    met: u64,
}

/// The faults in force, at most one on each endpoint.
#[derive(Default)]
pub(crate) struct Faults(Mutex<BTreeMap<Endpoint, InForce>>);

impl Faults {
    pub(crate) fn set(&self, endpoint: Endpoint, armed: Armed, times: Option<u64>, until: Option<Timestamp>) {
        self.armed().insert(endpoint, InForce { armed, times, until, met: 0 });
    }

    pub(crate) fn clear(&self, endpoint: Endpoint) {
        self.armed().remove(&endpoint);
    }

    pub(crate) fn clear_all(&self) {
        self.armed().clear();
    }

    /// The faults in force, as the control plane shows them.
    pub(crate) fn list(&self, now: Timestamp) -> Value {
        let listed: Vec<Value> = self
            .in_force(now)
            .iter()
            .map(|(endpoint, fault)| {
                let mut entry = fault.armed.shown();
                entry["endpoint"] = json!(endpoint.name());
                entry["times"] = json!(fault.times);
                entry["until"] = json!(fault.until);
                entry["met"] = json!(fault.met);
                entry
            })
            .collect();
        json!({ "faults": listed })
    }

    /// The fault that this request meets. One with HEAD reads nothing, and leaves the fault for one that does.
    fn meet(&self, endpoint: Endpoint, method: &Method, now: Timestamp) -> Option<Armed> {
        let mut in_force = self.in_force(now);
        let entry = in_force.get_mut(&endpoint)?;
        let armed = entry.armed.clone();
        if method != Method::HEAD {
            entry.met += 1;
            if let Some(times) = &mut entry.times {
                *times -= 1;
                if *times == 0 {
                    in_force.remove(&endpoint);
                }
            }
        }
        Some(armed)
    }

    /// What is left when those that have ended by themselves are gone.
    fn in_force(&self, now: Timestamp) -> MutexGuard<'_, BTreeMap<Endpoint, InForce>> {
        let mut armed = self.armed();
        armed.retain(|_, fault| fault.until.is_none_or(|until| now < until));
        armed
    }

    fn armed(&self) -> MutexGuard<'_, BTreeMap<Endpoint, InForce>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    /// The fault in the words in which the control plane takes it.
    fn shown(&self) -> Value {
        let mut shown = match &self.kind {
            None => json!({}),
            Some(Kind::Status(status)) => json!({"status": status.as_u16()}),
            Some(Kind::Error { status, error, description: None }) => {
                json!({"status": status.as_u16(), "error": error})
            }
            Some(Kind::Error { status, error, description: Some(description) }) => {
                json!({"status": status.as_u16(), "error": error, "error_description": description})
            }
            Some(Kind::Body(body)) => json!({"body": body.name()}),
            Some(Kind::Json(StatusCode::OK, document)) => json!({"json": document}),
            Some(Kind::Json(status, document)) => json!({"status": status.as_u16(), "json": document}),
            Some(Kind::Close) => json!({"close": true}),
            Some(Kind::Slow { bytes, every }) => json!({"slow": {"bytes": bytes, "every_ms": every.as_millis()}}),
            Some(Kind::ContentType(value)) => json!({"content_type": value.to_str().unwrap_or_default()}),
            Some(Kind::Issuer(issuer)) => json!({"issuer": issuer}),
        };
        if !self.delay.is_zero() {
            shown["delay_ms"] = json!(self.delay.as_millis());
        }
        shown
    }
}

/// Lets a request meet the fault that is in force where it goes.
pub(super) async fn meet(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let endpoint = Endpoint::at(request.uri().path()).filter(|endpoint| endpoint.serves(request.method()));
    let Some(endpoint) = endpoint else {
        return next.run(request).await;
    };
    let Some(Armed { delay, kind }) = app.faults.meet(endpoint, request.method(), app.zone.now()) else {
        return next.run(request).await;
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let connection = request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer.connection.clone());
    match kind {
        None => next.run(request).await,
        Some(Kind::Error { error, description, .. }) if endpoint == Endpoint::Authorize => {
            authorize::answer_with_error(&app, &request, &error, description.as_deref())
        }
        Some(kind) => match in_place_of_an_answer(endpoint, kind, connection.as_ref()) {
            Ok(answer) => answer,
            Err(spoilt) => {
                let is_head = request.method() == Method::HEAD;
                let response = next.run(request).await;
                // An answer to HEAD has no body to spoil.
                if is_head { response } else { spoil(spoilt, response).await }
            }
        },
    }
}

/// What is done to the true answer, after the zone did what it was asked.
enum Spoilt {
    Truncated,
    Aborted,
    Slow { bytes: usize, every: Duration },
    ContentType(HeaderValue),
    Issuer(String),
}

/// The answer that a fault makes by itself; the zone does nothing then.
fn in_place_of_an_answer(endpoint: Endpoint, kind: Kind, connection: Option<&Severing>) -> Result<Response, Spoilt> {
    Ok(match kind {
        Kind::Status(status) => {
            let body = json!({"error": "fault", "message": "this status was asked for with /_control/faults"});
            (status, axum::Json(body)).into_response()
        }
        Kind::Error { status, error, description } => error_answer(endpoint, status, &error, description.as_deref()),
        Kind::Close => {
            if let Some(connection) = connection {
                connection.sever();
            }
            // Nothing of this is ever written.
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Kind::Json(status, document) => (status, axum::Json(document)).into_response(),
        Kind::Body(WrongBody::Malformed) => as_json(&b"{\"this is\": not JSON"[..]),
        Kind::Body(WrongBody::Html) => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            "<!doctype html><title>Sign in to the network</title><p>Not JSON.",
        )
            .into_response(),
        Kind::Body(WrongBody::Empty) => as_json(empty(endpoint)),
        Kind::Body(WrongBody::Oversized) => {
            let mut padded = empty(endpoint).to_vec();
            // White space, which JSON allows before the last brace.
            padded.pop();
            padded.resize(OVERSIZED - 1, b' ');
            padded.push(b'}');
            as_json(padded)
        }
        Kind::Body(WrongBody::Truncated) => return Err(Spoilt::Truncated),
        Kind::Body(WrongBody::Aborted) => return Err(Spoilt::Aborted),
        Kind::Slow { bytes, every } => return Err(Spoilt::Slow { bytes, every }),
        Kind::ContentType(value) => return Err(Spoilt::ContentType(value)),
        Kind::Issuer(issuer) => return Err(Spoilt::Issuer(issuer)),
    })
}

/// An OAuth error as the endpoint sends its own: RFC 6749 section 5.2, at protected resources RFC 6750 section 3.
fn error_answer(endpoint: Endpoint, status: StatusCode, error: &str, description: Option<&str>) -> Response {
    let mut response = match description {
        Some(description) => oauth_error(status, error, description),
        None => ([(header::CACHE_CONTROL, "no-store")], axum::Json(json!({"error": error}))).into_response(),
    };
    *response.status_mut() = status;
    if status == StatusCode::UNAUTHORIZED {
        let challenge = match endpoint {
            Endpoint::Userinfo | Endpoint::Events => format!("Bearer error=\"{}\"", describe(error)),
            _ => "Basic realm=\"mock-zone\"".to_owned(),
        };
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
    response
}

async fn spoil(spoilt: Spoilt, response: Response) -> Response {
    if let Spoilt::ContentType(value) = spoilt {
        let mut response = response;
        response.headers_mut().insert(header::CONTENT_TYPE, value);
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // Every answer of the zone is in memory already; one that is larger than any is not passed on.
    let Ok(body) = to_bytes(body, LARGEST_ANSWER).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = match spoilt {
        Spoilt::Truncated if parts.status.is_success() => Body::from(body.slice(..body.len() / 2)),
        Spoilt::Issuer(issuer) if parts.status.is_success() => match serde_json::from_slice(&body) {
            Ok(Value::Object(mut metadata)) => {
                metadata.insert("issuer".to_owned(), issuer.into());
                Body::from(Value::Object(metadata).to_string())
            }
            _ => Body::from(body),
        },
        Spoilt::Slow { bytes, every } => {
            parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
            Body::from_stream(slowly(body, bytes, every))
        }
        // An answer without a body has nothing to break off; then the announcement alone is false.
        Spoilt::Aborted => {
            parts.headers.insert(header::CONTENT_LENGTH, body.len().max(1).into());
            Body::from_stream(half(&body))
        }
        Spoilt::Truncated | Spoilt::ContentType(_) | Spoilt::Issuer(_) => Body::from(body),
    };
    Response::from_parts(parts, body)
}

/// `body` in pieces of `bytes`, one at once and then one after each `every`. It breaks off rather than take too long.
fn slowly(
    body: Bytes,
    bytes: usize,
    every: Duration,
) -> impl stream::Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    let began = tokio::time::Instant::now();
    stream::unfold((body, true), move |(mut rest, is_first)| async move {
        if rest.is_empty() {
            return None;
        }
        if !is_first {
            tokio::time::sleep(every).await;
        }
        if began.elapsed() >= LONGEST_ANSWER {
            return Some((Err(io::ErrorKind::TimedOut.into()), (Bytes::new(), false)));
        }
        let piece = rest.split_to(bytes.clamp(1, rest.len()));
        Some((Ok(piece), (rest, false)))
    })
}

/// The first half of `body`, then an error, which ends the connection.
fn half(body: &Bytes) -> impl stream::Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    let half = body.slice(..body.len() / 2);
    stream::unfold(Some(half), |state| async move {
        if let Some(half) = state.filter(|half| !half.is_empty()) {
            return Some((Ok(half), None));
        }
        // While nothing comes, the server writes what it has; an error at once would take that with it.
        tokio::task::yield_now().await;
        Some((Err(io::ErrorKind::ConnectionAborted.into()), None))
    })
}

fn empty(endpoint: Endpoint) -> Bytes {
    Bytes::from_static(match endpoint {
        Endpoint::Jwks => b"{\"keys\":[]}",
        _ => b"{}",
    })
}

fn as_json(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[test]
    fn each_path_is_its_endpoints() {
        for (path, endpoint) in [
            ("/.well-known/openid-configuration", Some(Endpoint::Discovery)),
            ("//.well-known/oauth-authorization-server", Some(Endpoint::Discovery)),
            ("/.well-known/oauth-authorization-server/zones/a", Some(Endpoint::Discovery)),
            ("/.well-known/oauth-authorization-servers", None),
            ("/login/signin", Some(Endpoint::Login)),
            ("/loginx", None),
            ("/events", Some(Endpoint::Events)),
            ("/_control/faults", None),
        ] {
            assert_eq!(Endpoint::at(path), endpoint, "{path}");
        }
    }

    // Time is tokio's own and stands still until there is nothing to do but wait.
    #[tokio::test(start_paused = true)]
    async fn a_slow_body_comes_piece_by_piece_and_never_takes_too_long() {
        let began = tokio::time::Instant::now();
        let pieces: Vec<Bytes> =
            slowly(Bytes::from_static(b"abcde"), 2, Duration::from_millis(100)).map(Result::unwrap).collect().await;
        assert_eq!(pieces, ["ab", "cd", "e"]);
        assert_eq!(began.elapsed().as_millis(), 200);

        let began = tokio::time::Instant::now();
        let all: Vec<_> = slowly(Bytes::from(vec![b'x'; 1000]), 1, Duration::from_secs(10)).collect().await;
        assert!(all.last().unwrap().is_err());
        assert_eq!(began.elapsed(), LONGEST_ANSWER);
    }
}
