//! For tests: a zone of two documents, keys to sign with, a clock that stands still, a trail and a log to read.

use std::{
    io,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    sign::Signer,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{
    audit::{AuditRecord, AuditSink},
    ports::{Clock, Entropy, Ports},
};

/// The time on every clock here.
pub(crate) const NOW: i64 = 1_767_225_600;
/// What tokens here are for.
pub(crate) const RESOURCE: &str = "http://localhost:8080/mcp";

pub(crate) struct StandingClock(Mutex<Timestamp>);

impl StandingClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::from_second(NOW).unwrap())))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Counting(AtomicUsize);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        bytes.fill(u8::try_from(count % 256).unwrap());
    }
}

/// An audit trail to look into.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Mutex<Vec<AuditRecord>>);

impl Kept {
    pub(crate) fn all(&self) -> Vec<AuditRecord> {
        self.0.lock().unwrap().clone()
    }

    /// All, as soon as there are `count`: the record of a call that nobody waits for is kept on its own thread.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<AuditRecord> {
        while self.all().len() < count {
            std::thread::yield_now();
        }
        self.all()
    }
}

impl AuditSink for Kept {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        self.0.lock().unwrap().push(record.clone());
        Ok(())
    }
}

/// What the program says to its operator, on this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Hears what is logged from warnings on, until what it returns is dropped.
    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let heard = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::WARN)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(heard)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn ports(clock: &Arc<StandingClock>, audit: &Arc<Kept>) -> Ports {
    Ports { clock: clock.clone(), entropy: Arc::new(Counting(AtomicUsize::new(0))), audit: audit.clone() }
}

/// A key pair by its name; the same name gives the same key. The kid is the name.
pub(crate) struct Key {
    pub(crate) kid: &'static str,
    pub(crate) private: PKey<Private>,
}

pub(crate) static A: LazyLock<Key> = LazyLock::new(|| Key::new("a", 2048));
pub(crate) static B: LazyLock<Key> = LazyLock::new(|| Key::new("b", 2048));
pub(crate) static SHORT: LazyLock<Key> = LazyLock::new(|| Key::new("short", 1024));
pub(crate) static ALMOST: LazyLock<Key> = LazyLock::new(|| Key::new("almost", 2047));

impl Key {
    fn new(kid: &'static str, bits: u32) -> Self {
        Self { kid, private: PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap() }
    }

    pub(crate) fn jwk(&self) -> Value {
        let rsa = self.private.rsa().unwrap();
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
            "e": URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
        })
    }

    pub(crate) fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut signer = Signer::new(MessageDigest::sha256(), &self.private).unwrap();
        let signature = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token of this key with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": self.kid });
        self.sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }
}

/// The claims of a token that is accepted.
pub(crate) fn claims(issuer: &str) -> Value {
    json!({
        "iss": issuer, "aud": RESOURCE, "sub": "alice", "client_id": "ua:1", "jti": "t-1", "sid": "s-1",
        "iat": NOW - 10, "exp": NOW + 3600,
    })
}

/// `value` with some members set, or taken away by null.
pub(crate) fn with(mut value: Value, patch: &Value) -> Value {
    for (name, member) in patch.as_object().unwrap() {
        if member.is_null() {
            value.as_object_mut().unwrap().remove(name);
        } else {
            value[name] = member.clone();
        }
    }
    value
}

/// How the zone answers for its key set.
#[derive(Clone)]
pub(crate) enum Answer {
    Keys(Vec<Value>),
    Status(u16),
    Text(String),
    RedirectTo(String),
    Never,
}

/// A zone of a metadata document and a key set, which counts what it is asked.
pub(crate) struct Zone {
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    metadata: Mutex<Value>,
    answer: Mutex<Answer>,
    metadata_requests: AtomicUsize,
    key_requests: AtomicUsize,
    gate: Semaphore,
}

impl Zone {
    pub(crate) async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            metadata: Mutex::new(json!({ "issuer": url, "jwks_uri": format!("{url}/keys") })),
            answer: Mutex::new(Answer::Keys(keys.iter().map(|key| key.jwk()).collect())),
            metadata_requests: AtomicUsize::new(0),
            key_requests: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let (metadata, keys) = (state.clone(), state.clone());
        let app = Router::new()
            .route(
                "/.well-known/oauth-authorization-server",
                get(async move || {
                    metadata.metadata_requests.fetch_add(1, Ordering::SeqCst);
                    Json(metadata.metadata.lock().unwrap().clone())
                }),
            )
            .route("/keys", get(async move || keys.answer().await));
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { url, state }
    }

    pub(crate) fn claims(&self) -> Value {
        claims(&self.url)
    }

    pub(crate) fn publish(&self, keys: &[&Key]) {
        self.answer(Answer::Keys(keys.iter().map(|key| key.jwk()).collect()));
    }

    pub(crate) fn answer(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    pub(crate) fn patch_metadata(&self, patch: &Value) {
        let mut metadata = self.state.metadata.lock().unwrap();
        *metadata = with(metadata.clone(), patch);
    }

    /// How often the key set was asked for.
    pub(crate) fn key_requests(&self) -> usize {
        self.state.key_requests.load(Ordering::SeqCst)
    }

    pub(crate) fn metadata_requests(&self) -> usize {
        self.state.metadata_requests.load(Ordering::SeqCst)
    }

    /// Holds every answer for the key set back until [`open`](Self::open).
    pub(crate) fn shut(&self) {
        self.state.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn open(&self) {
        self.state.gate.add_permits(Semaphore::MAX_PERMITS);
    }
}

impl State {
    async fn answer(&self) -> Response {
        self.key_requests.fetch_add(1, Ordering::SeqCst);
        let _open = self.gate.acquire().await.unwrap();
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Keys(keys) => Json(json!({ "keys": keys })).into_response(),
            Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Answer::Text(text) => text.into_response(),
            Answer::RedirectTo(url) => Redirect::temporary(&url).into_response(),
            Answer::Never => std::future::pending().await,
        }
    }
}
