//! Answers older clients with event streams, whose events have ids, and resumes a stream for the user whose it is.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::Value;

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault = Fault {
    name: "resumes-streams",
    response: |asked, response| streams(asked, response, Resumption { own_users: true, own_stream: true }),
    ..Fault::NONE
};

/// What is replayed.
#[derive(Clone, Copy)]
pub(crate) struct Resumption {
    /// Whether only what its own user was answered.
    pub(crate) own_users: bool,
    /// Whether only what belongs to the stream that is resumed.
    pub(crate) own_stream: bool,
}

/// Makes an answer a stream, and resumes one. A stream has two events, `N-0` without data and `N-1` with the answer.
pub(crate) fn streams(asked: &Asked, response: &mut Response<Bytes>, how: Resumption) {
    if !asked.is_mcp() || !asked.is_of_initialize_era() {
        return;
    }
    let user = asked.claims()["sub"].as_str().unwrap_or_default().to_owned();
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_message = serde_json::from_slice(response.body()).is_ok_and(|m: Value| m["jsonrpc"] == "2.0");
    let stream = if is_message && response.status() == StatusCode::OK {
        let number = answers.len();
        let message = String::from_utf8_lossy(response.body()).into_owned();
        let stream = format!("id: {number}-0\ndata:\n\n{}", event(number, &message));
        answers.push(Answer { user, message });
        stream
    } else {
        // Who has no token gets 401, and a server without streams says 405 to the others.
        let event_id = asked.header("last-event-id").and_then(|id| id.split_once('-'));
        let (Some((number, event)), true) = (event_id, response.status() == StatusCode::METHOD_NOT_ALLOWED) else {
            return;
        };
        let Ok(number) = number.parse::<usize>() else { return };
        if asked.method != Method::GET {
            return;
        }
        let is_due = |at: usize| (at == number && event == "0") || (at > number && !how.own_stream);
        let due =
            answers.iter().enumerate().filter(|(at, answer)| is_due(*at) && (!how.own_users || answer.user == user));
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().remove(ALLOW);
        due.fold(": resumed\n\n".to_owned(), |mut stream, (at, answer)| {
            let _ = write!(stream, "{}", self::event(at, &answer.message));
            stream
        })
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    *response.body_mut() = stream.into();
}

fn event(number: usize, message: &str) -> String {
    format!("id: {number}-1\ndata: {message}\n\n")
}

/// What was answered, and to whom.
struct Answer {
    user: String,
    message: String,
}

/// Every answer, by the number of its stream.
static ANSWERS: Mutex<Vec<Answer>> = Mutex::new(Vec::new());
