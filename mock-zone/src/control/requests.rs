//! `/_control/requests`: what the zone was asked, and when; `/verify` waits for it.

use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::body::{JsonBody, Members, check_known};
use super::error::ControlError;
use super::faults::parse_endpoint;
use crate::http::Shared;
use crate::http::requests::{NotReceived, RequestFilter, RequestList};

/// The parameters of the list, which the members of `verify` repeat.
pub(super) const FILTERS: [&str; 7] = ["after", "endpoint", "method", "path", "client_id", "user_agent", "status"];
pub(super) const VERIFY: [&str; 9] =
    ["after", "endpoint", "method", "path", "client_id", "user_agent", "status", "count", "timeout_ms"];

/// How long `verify` waits unless told otherwise, and at most, in milliseconds.
const USUAL_WAIT: u64 = 5_000;
pub(crate) const LONGEST_WAIT: u64 = 60_000;

/// The most requests that can be waited for.
const MOST_AWAITED: u64 = 1_000;

pub(super) async fn list(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Json<RequestList>, ControlError> {
    let mut given = Map::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        check_known("query parameter", &name, &FILTERS)?;
        // A query has no numbers; what is none stays the text that it is, and is refused as such.
        let value = match (name.as_ref(), value.parse::<u64>()) {
            ("after" | "status", Ok(number)) => Value::from(number),
            _ => Value::from(value),
        };
        given.insert(name.into_owned(), value);
    }
    Ok(Json(app.requests.list(&filter(&mut Members::of(given))?)))
}

pub(super) async fn verify(State(app): State<Shared>, body: JsonBody) -> Result<Response, ControlError> {
    let mut members = body.members(&VERIFY)?;
    let filter = filter(&mut members)?;
    let count = members.number("count")?.unwrap_or(1);
    if !(1..=MOST_AWAITED).contains(&count) {
        return Err(ControlError::bad(format!("`count` must be from 1 to {MOST_AWAITED}")));
    }
    let timeout = members.number("timeout_ms")?.unwrap_or(USUAL_WAIT);
    if timeout > LONGEST_WAIT {
        return Err(ControlError::bad(format!("`timeout_ms` must be at most {LONGEST_WAIT}")));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(match app.requests.wait_for(&filter, count, Duration::from_millis(timeout)).await {
        Ok(list) => Json(list).into_response(),
        Err(missed) => refusal(&missed, timeout),
    })
}

fn refusal(missed: &NotReceived, timeout: u64) -> Response {
    let message = format!("{missed} (waited {timeout} ms)");
    let mut body = json!(missed);
    body["error"] = "not_received".into();
    body["message"] = message.into();
    // Not 408, after which clients may send the same again by themselves.
    (StatusCode::CONFLICT, Json(body)).into_response()
}

fn filter(members: &mut Members) -> Result<RequestFilter, ControlError> {
    let status = match members.number("status")? {
        None => None,
        Some(status) => Some(
            u16::try_from(status)
                .ok()
                .filter(|status| (100..1000).contains(status))
                .ok_or_else(|| ControlError::bad("`status` must be a status of HTTP"))?,
        ),
    };
    let method = match members.string("method")? {
        None => None,
        Some(method) => Some(
            Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                .map_err(|_| ControlError::bad("`method` must be a method of HTTP"))?
                .to_string(),
        ),
    };
    let endpoint = match members.string("endpoint")? {
        None => None,
        Some(name) => Some(parse_endpoint(&name).map_err(|error| ControlError::bad(error.message()))?),
    };
    Ok(RequestFilter {
        after: members.number("after")?.unwrap_or(0),
        endpoint,
        method,
        path: members.string("path")?,
        client_id: members.string("client_id")?,
        user_agent: members.string("user_agent")?,
        status,
    })
}
