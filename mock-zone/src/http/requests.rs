//! The requests that the zone was asked, for tests that ask who fetched the JWKS and when.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use super::Shared;

/// The longest path and user agent kept.
const LONGEST: usize = 512;

/// One request: never its query, body or credentials. Of a token exchange, its shape is said.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Received {
    sequence: u64,
    time: Timestamp,
    method: String,
    path: String,
    user_agent: Option<String>,
    /// Null until it is answered.
    status: Option<u16>,
    /// What was asked of the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenAsked>,
}

/// A request to the token endpoint as a test may see it: who is meant and by which parameters, and no token.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct TokenAsked {
    pub(crate) content_type: Option<String>,
    pub(crate) grant_type: Option<String>,
    /// The parameters' names, in the order sent; a name that came twice stands twice.
    pub(crate) parameters: Vec<String>,
    pub(crate) subject_token_type: Option<String>,
    pub(crate) actor_token_type: Option<String>,
    pub(crate) resource: Vec<String>,
    /// `jti` and `sub` of the subject token, as it says itself, unverified.
    pub(crate) subject_token_id: Option<String>,
    pub(crate) subject: Option<String>,
    /// `jti` of what was issued.
    pub(crate) issued_token_id: Option<String>,
}

/// The sequence of the request at hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived(u64);

/// The newest requests, in the order of their arrival.
pub(crate) struct RequestLog {
    limit: usize,
    ring: Mutex<Ring>,
}

struct Ring {
    requests: VecDeque<Received>,
    /// The sequence of the newest request ever. It survives a reset, so a reader's place stays valid.
    last: u64,
}

impl Ring {
    fn find(&mut self, sequence: u64) -> Option<&mut Received> {
        let index = self.requests.partition_point(|received| received.sequence < sequence);
        self.requests.get_mut(index).filter(|received| received.sequence == sequence)
    }
}

/// What the control plane answers.
#[derive(Debug, Serialize)]
pub(crate) struct RequestList {
    requests: Vec<Received>,
    last: u64,
}

impl RequestLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), ring: Mutex::new(Ring { requests: VecDeque::new(), last: 0 }) }
    }

    /// Records a request that has just arrived, and gives its sequence.
    fn arrived(&self, now: Timestamp, request: &Request) -> u64 {
        let user_agent = user_agent(request.headers());
        let mut ring = self.ring();
        ring.last += 1;
        let sequence = ring.last;
        if ring.requests.len() == self.limit {
            ring.requests.pop_front();
        }
        ring.requests.push_back(Received {
            sequence,
            time: now,
            method: request.method().to_string(),
            path: shortened(request.uri().path()),
            user_agent,
            status: None,
            token: None,
        });
        sequence
    }

    /// Notes what a request asked of the token endpoint.
    pub(super) fn asked_for_token(&self, Arrived(sequence): Arrived, asked: TokenAsked) {
        let mut ring = self.ring();
        if let Some(received) = ring.find(sequence) {
            received.token = Some(asked);
        }
    }

    /// Notes the `jti` of what that request was given.
    pub(super) fn issued(&self, Arrived(sequence): Arrived, id: &str) {
        let mut ring = self.ring();
        if let Some(asked) = ring.find(sequence).and_then(|received| received.token.as_mut()) {
            asked.issued_token_id = Some(id.to_owned());
        }
    }

    fn answered(&self, sequence: u64, status: u16) {
        let mut ring = self.ring();
        if let Some(received) = ring.find(sequence) {
            received.status = Some(status);
        }
    }

    pub(crate) fn list(&self, after: u64, path: Option<&str>) -> RequestList {
        let ring = self.ring();
        let start = ring.requests.partition_point(|received| received.sequence <= after);
        RequestList {
            requests: ring
                .requests
                .range(start..)
                .filter(|received| path.is_none_or(|path| received.path == path))
                .cloned()
                .collect(),
            last: ring.last,
        }
    }

    pub(crate) fn clear(&self) {
        self.ring().requests.clear();
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request's `User-Agent`, at a length that can be kept.
pub(super) fn user_agent(headers: &axum::http::HeaderMap) -> Option<String> {
    headers.get(header::USER_AGENT).map(|value| shortened(&String::from_utf8_lossy(value.as_bytes())))
}

pub(super) fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Records every request but those to the control plane: when it arrives, and again when it is answered.
pub(super) async fn record(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    if super::is_control(request.uri().path()) {
        return next.run(request).await;
    }
    let sequence = app.requests.arrived(app.zone.now(), &request);
    request.extensions_mut().insert(Arrived(sequence));
    let response = next.run(request).await;
    app.requests.answered(sequence, response.status().as_u16());
    response
}
