//! The requests that the zone was asked, for tests that ask who fetched the JWKS and when.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use super::faults::Endpoint;
use super::fields::{self, Field};
use super::{Shared, body, token};

/// The longest path and user agent kept.
const LONGEST: usize = 512;

/// A request that the zone received. Of secrets it says that they were there, never what they were.
#[derive(Debug, Clone, Serialize)]
pub struct ReceivedRequest {
    /// Its place in the order of arrival, from 1.
    pub sequence: u64,
    /// When it came, by the zone's clock.
    pub time: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The endpoint at that path, where it is one that can be made to fail.
    pub endpoint: Option<Endpoint>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// The scheme of `Authorization`.
    pub authorization: Option<String>,
    /// The names of the cookies.
    pub cookies: Vec<String>,
    /// The client that it names: in its form, its query, or as the user of Basic authentication.
    pub client_id: Option<String>,
    /// The parameters of the query.
    pub query: Vec<Field>,
    /// The parameters of a form, or the members of a JSON object.
    pub body: Vec<Field>,
    /// The status of the answer; nothing until it is answered.
    pub status: Option<u16>,
    /// What was asked of the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenAsked>,
    /// Whether its body was read, so that nothing of the above is missing but the status.
    #[serde(skip)]
    is_read: bool,
}

/// A request to the token endpoint as a test may see it: who is meant and by which parameters, and no token.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TokenAsked {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `grant_type`.
    pub grant_type: Option<String>,
    /// The parameters' names, in the order sent; a name that came twice stands twice.
    pub parameters: Vec<String>,
    /// `subject_token_type`.
    pub subject_token_type: Option<String>,
    /// `actor_token_type`.
    pub actor_token_type: Option<String>,
    /// Each `resource`.
    pub resource: Vec<String>,
    /// `jti` of the subject token, as it says itself, unverified.
    pub subject_token_id: Option<String>,
    /// `sub` of the subject token, likewise.
    pub subject: Option<String>,
    /// `jti` of what was issued.
    pub issued_token_id: Option<String>,
}

/// Which requests are meant; what is not said, is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Those after the one with this sequence.
    pub after: u64,
    /// Those to this endpoint.
    pub endpoint: Option<Endpoint>,
    /// Those with this method, in capital letters.
    pub method: Option<String>,
    /// Those to exactly this path.
    pub path: Option<String>,
    /// Those that name this client.
    pub client_id: Option<String>,
    /// Those whose `User-Agent` has this in it.
    pub user_agent: Option<String>,
    /// Those answered with this status.
    pub status: Option<u16>,
}

impl RequestFilter {
    fn takes(&self, request: &ReceivedRequest) -> bool {
        self.endpoint.is_none_or(|endpoint| request.endpoint == Some(endpoint))
            && self.method.as_ref().is_none_or(|method| request.method == *method)
            && self.path.as_ref().is_none_or(|path| request.path == *path)
            && self.client_id.as_ref().is_none_or(|id| request.client_id.as_ref() == Some(id))
            && self.status.is_none_or(|status| request.status == Some(status))
            && self.user_agent.as_ref().is_none_or(|part| {
                request.user_agent.as_ref().is_some_and(|user_agent| user_agent.contains(part.as_str()))
            })
    }
}

/// What was waited for did not come in time.
#[derive(Debug, Clone, Serialize)]
pub struct NotReceived {
    /// How many requests were waited for.
    pub expected: usize,
    /// Those of them that came.
    pub matching: Vec<ReceivedRequest>,
    /// The newest of those that came instead, after the same sequence.
    pub instead: Vec<ReceivedRequest>,
}

impl std::fmt::Display for NotReceived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { expected, matching, instead } = self;
        write!(f, "{} of {expected} requests came; ", matching.len())?;
        if instead.is_empty() {
            return f.write_str("nothing came instead");
        }
        f.write_str("instead came ")?;
        for (index, request) in instead.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", request.method, request.path)?;
        }
        Ok(())
    }
}

impl std::error::Error for NotReceived {}

/// The most requests that a [`NotReceived`] names of those that came instead.
const MOST_INSTEAD: usize = 20;

/// The sequence of the request at hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived(u64);

/// The newest requests, in the order of their arrival.
pub(crate) struct RequestLog {
    limit: usize,
    ring: Mutex<Ring>,
    /// Tells those who wait for a request that the list has changed.
    changed: watch::Sender<()>,
}

struct Ring {
    requests: VecDeque<ReceivedRequest>,
    /// The sequence of the newest request ever. It survives a reset, so a reader's place stays valid.
    last: u64,
}

impl Ring {
    fn find(&mut self, sequence: u64) -> Option<&mut ReceivedRequest> {
        let index = self.requests.partition_point(|received| received.sequence < sequence);
        self.requests.get_mut(index).filter(|received| received.sequence == sequence)
    }

    fn after(&self, sequence: u64) -> impl DoubleEndedIterator<Item = &ReceivedRequest> {
        let start = self.requests.partition_point(|received| received.sequence <= sequence);
        self.requests.range(start..)
    }
}

/// What the control plane answers.
#[derive(Debug, Serialize)]
pub(crate) struct RequestList {
    pub(crate) requests: Vec<ReceivedRequest>,
    pub(crate) last: u64,
}

impl RequestLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            ring: Mutex::new(Ring { requests: VecDeque::new(), last: 0 }),
            changed: watch::Sender::new(()),
        }
    }

    /// Records a request that has just arrived, and gives its sequence.
    fn arrived(&self, now: Timestamp, request: &Request) -> u64 {
        let headers = request.headers();
        let query = fields::of_form(request.uri().query().unwrap_or("").as_bytes());
        let mut received = ReceivedRequest {
            sequence: 0,
            time: now,
            method: shortened(request.method().as_str()),
            path: shortened(request.uri().path()),
            endpoint: Endpoint::at(request.uri().path()),
            user_agent: user_agent(headers),
            authorization: fields::scheme(headers),
            cookies: fields::cookies(headers),
            client_id: fields::basic_user(headers).or_else(|| fields::client_id(&query)),
            query,
            body: Vec::new(),
            status: None,
            token: None,
            is_read: false,
        };
        let mut ring = self.ring();
        ring.last += 1;
        received.sequence = ring.last;
        let sequence = ring.last;
        if ring.requests.len() == self.limit {
            ring.requests.pop_front();
        }
        ring.requests.push_back(received);
        sequence
    }

    /// Notes what the body of a request holds.
    fn read(&self, sequence: u64, body: Vec<Field>, token: Option<TokenAsked>) {
        let mut ring = self.ring();
        if let Some(received) = ring.find(sequence) {
            received.client_id = received.client_id.take().or_else(|| fields::client_id(&body));
            received.body = body;
            received.token = token;
            received.is_read = true;
        }
        drop(ring);
        self.changed.send_replace(());
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
        drop(ring);
        self.changed.send_replace(());
    }

    pub(crate) fn list(&self, filter: &RequestFilter) -> RequestList {
        let ring = self.ring();
        RequestList {
            requests: ring.after(filter.after).filter(|received| filter.takes(received)).cloned().collect(),
            last: ring.last,
        }
    }

    /// Waits until so many requests have come that `filter` takes, or says what came instead.
    pub(crate) async fn wait_for(
        &self,
        filter: &RequestFilter,
        count: usize,
        at_most: Duration,
    ) -> Result<RequestList, Box<NotReceived>> {
        // Subscribed before the first look, so that nothing comes between the two unseen.
        let mut changed = self.changed.subscribe();
        let wait = async {
            loop {
                if let Some(list) = self.those(filter, count) {
                    return list;
                }
                if changed.changed().await.is_err() {
                    // The sender lives as long as this log.
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::time::timeout(at_most, wait).await.map_err(|_| Box::new(self.instead(filter, count)))
    }

    fn those(&self, filter: &RequestFilter, count: usize) -> Option<RequestList> {
        let ring = self.ring();
        let is_it = |received: &&ReceivedRequest| received.is_read && filter.takes(received);
        if ring.after(filter.after).filter(is_it).count() < count {
            return None;
        }
        let requests = ring.after(filter.after).filter(is_it).cloned().collect();
        Some(RequestList { requests, last: ring.last })
    }

    fn instead(&self, filter: &RequestFilter, expected: usize) -> NotReceived {
        let ring = self.ring();
        let others = ring.after(filter.after).rev().filter(|received| !filter.takes(received));
        let mut instead: Vec<_> = others.take(MOST_INSTEAD).cloned().collect();
        instead.reverse();
        let matching = ring.after(filter.after).filter(|received| filter.takes(received)).cloned().collect();
        NotReceived { expected, matching, instead }
    }

    pub(crate) fn clear(&self) {
        self.ring().requests.clear();
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request's `User-Agent`, at a length that can be kept.
pub(super) fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(header::USER_AGENT).map(|value| shortened(&String::from_utf8_lossy(value.as_bytes())))
}

pub(super) fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Records every request but those to the control plane: when it arrives, when its body was read, and when it is
/// answered.
pub(super) async fn record(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    if super::is_control(request.uri().path()) {
        return next.run(request).await;
    }
    let sequence = app.requests.arrived(app.zone.now(), &request);
    request.extensions_mut().insert(Arrived(sequence));
    let endpoint = Endpoint::at(request.uri().path());
    // Other paths have limits of their own.
    if endpoint.is_some() && !request.body().is_end_stream() {
        let read;
        (request, read) = body::read_ahead(request).await;
        let bytes = read.unwrap_or_default();
        let body = fields::of_body(request.headers(), &bytes);
        let token = is_token_request(endpoint, &request).then(|| token::asked(request.headers(), &bytes));
        app.requests.read(sequence, body, token);
    } else {
        let token = is_token_request(endpoint, &request).then(|| token::asked(request.headers(), b""));
        app.requests.read(sequence, Vec::new(), token);
    }
    let response = next.run(request).await;
    app.requests.answered(sequence, response.status().as_u16());
    response
}

fn is_token_request(endpoint: Option<Endpoint>, request: &Request) -> bool {
    endpoint == Some(Endpoint::Token) && request.method() == axum::http::Method::POST
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use super::*;

    fn ask(log: &RequestLog, path: &str) -> u64 {
        let request = Request::get(path).header("user-agent", "a test").body(Body::empty()).unwrap();
        let sequence = log.arrived(Timestamp::UNIX_EPOCH, &request);
        log.read(sequence, Vec::new(), None);
        sequence
    }

    fn to(path: &str) -> RequestFilter {
        RequestFilter { path: Some(path.to_owned()), ..RequestFilter::default() }
    }

    // Time is tokio's own and stands still until there is nothing to do but wait.
    #[tokio::test(start_paused = true)]
    async fn a_request_is_waited_for_and_no_longer_than_said() {
        let log = RequestLog::new(10);
        ask(&log, "/a");
        let (wanted, minute) = (to("/b"), Duration::from_secs(60));
        let (came, ()) = tokio::join!(log.wait_for(&wanted, 2, minute), async {
            tokio::task::yield_now().await;
            ask(&log, "/b");
            tokio::task::yield_now().await;
            ask(&log, "/c");
            ask(&log, "/b");
        });
        assert_eq!(came.unwrap().requests.len(), 2);

        let began = tokio::time::Instant::now();
        let missed = log.wait_for(&wanted, 3, minute).await.unwrap_err();
        assert_eq!(began.elapsed(), minute);
        assert_eq!((missed.expected, missed.matching.len()), (3, 2));
        let instead: Vec<&str> = missed.instead.iter().map(|request| request.path.as_str()).collect();
        assert_eq!(instead, ["/a", "/c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_can_be_waited_for() {
        let log = RequestLog::new(10);
        let sequence = ask(&log, "/a");
        let filter = RequestFilter { status: Some(401), ..to("/a") };

        let (came, ()) = tokio::join!(log.wait_for(&filter, 1, Duration::from_secs(1)), async {
            tokio::task::yield_now().await;
            log.answered(sequence, 401);
        });

        assert_eq!(came.unwrap().requests[0].status, Some(401));
    }
}
