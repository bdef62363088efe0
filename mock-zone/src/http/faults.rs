//! Faults: what the control plane told an endpoint to do instead of answering.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::listen::Severing;

/// An endpoint that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Endpoint {
    Discovery,
    Jwks,
    Token,
    Introspection,
}

impl Endpoint {
    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        ("discovery", Self::Discovery),
        ("jwks", Self::Jwks),
        ("token", Self::Token),
        ("introspection", Self::Introspection),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(known, endpoint)| (known == name).then_some(endpoint))
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// Another status, with an error body.
    Status(StatusCode),
    /// The true answer, late.
    Delay(Duration),
    /// Another body, with status 200.
    Body(WrongBody),
    /// Another document with this status: keys that no zone has, metadata that lies, an OAuth error.
    Json(StatusCode, Value),
    /// No answer: the connection ends.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongBody {
    /// Text that is no JSON.
    Malformed,
    /// A web page.
    Html,
    /// JSON of the right kind with nothing in it.
    Empty,
    /// The first half of the true body.
    Truncated,
    /// As `Empty`, in [`OVERSIZED`] bytes: more than anybody needs to read.
    Oversized,
}

/// The size of an oversized body. A reader without a bound survives it, and so does the machine that runs the test.
const OVERSIZED: usize = 16 * 1024 * 1024;

impl WrongBody {
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("malformed", Self::Malformed),
        ("html", Self::Html),
        ("empty", Self::Empty),
        ("truncated", Self::Truncated),
        ("oversized", Self::Oversized),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(known, body)| (known == name).then_some(body))
    }
}

#[derive(Debug, Clone)]
struct Armed {
    fault: Fault,
    /// How many requests it still meets; `None`: all.
    times: Option<u64>,
    /// When it ends by itself; `None`: never.
    until: Option<Timestamp>,
}

/// The faults in force.
#[derive(Default)]
pub(crate) struct Faults(Mutex<BTreeMap<Endpoint, Armed>>);

impl Faults {
    pub(crate) fn set(&self, endpoint: Endpoint, fault: Fault, times: Option<u64>, until: Option<Timestamp>) {
        self.armed().insert(endpoint, Armed { fault, times, until });
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
            .map(|(endpoint, armed)| {
                let mut entry = match &armed.fault {
                    Fault::Status(status) => json!({"status": status.as_u16()}),
                    Fault::Delay(delay) => json!({"delay_ms": delay.as_millis()}),
                    Fault::Body(body) => {
                        let name =
                            WrongBody::NAMES.into_iter().find_map(|(name, known)| (known == *body).then_some(name));
                        json!({"body": name})
                    }
                    Fault::Json(StatusCode::OK, document) => json!({"json": document}),
                    Fault::Json(status, document) => json!({"status": status.as_u16(), "json": document}),
                    Fault::Close => json!({"close": true}),
                };
                entry["endpoint"] = json!(endpoint);
                entry["times"] = json!(armed.times);
                entry["until"] = json!(armed.until);
                entry
            })
            .collect();
        json!({ "faults": listed })
    }

    /// The fault that this request meets. One with HEAD reads nothing, and leaves the fault for one that does.
    fn meet(&self, endpoint: Endpoint, method: &Method, now: Timestamp) -> Option<Fault> {
        let mut armed = self.in_force(now);
        let entry = armed.get_mut(&endpoint)?;
        let fault = entry.fault.clone();
        if method != Method::HEAD
            && let Some(times) = &mut entry.times
        {
            *times -= 1;
            if *times == 0 {
                armed.remove(&endpoint);
            }
        }
        Some(fault)
    }

    /// What is left when those that have ended by themselves are gone.
    fn in_force(&self, now: Timestamp) -> MutexGuard<'_, BTreeMap<Endpoint, Armed>> {
        let mut armed = self.armed();
        armed.retain(|_, armed| armed.until.is_none_or(|until| now < until));
        armed
    }

    fn armed(&self) -> MutexGuard<'_, BTreeMap<Endpoint, Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers with `body`, or with what the fault in force makes of it.
    pub(crate) async fn answer<E: IntoResponse>(
        &self,
        endpoint: Endpoint,
        method: &Method,
        now: Timestamp,
        connection: &Severing,
        body: impl Future<Output = Result<std::sync::Arc<[u8]>, E>>,
    ) -> Response {
        let fault = self.meet(endpoint, method, now);
        if let Some(instead) = in_place_of_an_answer(fault.as_ref(), connection).await {
            return instead;
        }
        let body = match body.await {
            Ok(body) => body,
            Err(error) => return error.into_response(),
        };
        match fault {
            Some(Fault::Body(wrong)) => wrong_body(endpoint, wrong, &body),
            _ => as_json(body.to_vec()),
        }
    }

    /// What the token endpoint answers in place of a token, where a fault is in force.
    pub(crate) async fn refuse_token(&self, now: Timestamp, connection: &Severing) -> Option<Response> {
        let fault = self.meet(Endpoint::Token, &Method::POST, now);
        in_place_of_an_answer(fault.as_ref(), connection).await
    }
}

/// The answer that a fault makes by itself; one that is only late, or changes the true one, makes none.
async fn in_place_of_an_answer(fault: Option<&Fault>, connection: &Severing) -> Option<Response> {
    match fault? {
        Fault::Status(status) => {
            let body = json!({"error": "fault", "message": "this status was asked for with /_control/faults"});
            Some((*status, axum::Json(body)).into_response())
        }
        Fault::Close => {
            connection.sever();
            // Nothing of this is ever written.
            Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
        Fault::Json(status, document) => Some((*status, axum::Json(document)).into_response()),
        Fault::Delay(delay) => {
            tokio::time::sleep(*delay).await;
            None
        }
        Fault::Body(_) => None,
    }
}

fn wrong_body(endpoint: Endpoint, wrong: WrongBody, body: &[u8]) -> Response {
    match (wrong, endpoint) {
        (WrongBody::Malformed, _) => as_json(&b"{\"this is\": not JSON"[..]),
        (WrongBody::Html, _) => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            "<!doctype html><title>Sign in to the network</title><p>Not JSON.",
        )
            .into_response(),
        (WrongBody::Empty, _) => as_json(empty(endpoint)),
        (WrongBody::Truncated, _) => as_json(body[..body.len() / 2].to_vec()),
        (WrongBody::Oversized, _) => {
            let mut padded = empty(endpoint).to_vec();
            // White space, which JSON allows before the last brace.
            padded.pop();
            padded.resize(OVERSIZED - 1, b' ');
            padded.push(b'}');
            as_json(padded)
        }
    }
}

fn empty(endpoint: Endpoint) -> Bytes {
    Bytes::from_static(match endpoint {
        Endpoint::Jwks => b"{\"keys\":[]}",
        Endpoint::Discovery | Endpoint::Token | Endpoint::Introspection => b"{}",
    })
}

fn as_json(body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}
