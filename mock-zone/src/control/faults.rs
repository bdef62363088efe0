//! `/_control/faults`: making an endpoint fail.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::body::{JsonBody, Members};
use super::error::ControlError;
use crate::http::Shared;
use crate::http::faults::{Endpoint, Fault, WrongBody};
use crate::zone::later;

/// The longest delay, in milliseconds.
const LONGEST_DELAY: u64 = 300_000;

/// The longest that a fault may be in force by `for_ms`, in milliseconds.
const LONGEST: u64 = 24 * 60 * 60 * 1000;

const KINDS: [&str; 5] = ["status", "delay_ms", "body", "json", "close"];

pub(super) async fn list(State(app): State<Shared>) -> Json<Value> {
    Json(app.faults.list(app.zone.now()))
}

pub(super) async fn set(
    State(app): State<Shared>,
    Path(endpoint): Path<String>,
    body: JsonBody,
) -> Result<StatusCode, ControlError> {
    let endpoint = parse_endpoint(&endpoint)?;
    let mut members = body.members(&["status", "delay_ms", "body", "json", "close", "times", "for_ms"])?;
    let fault = parse(&mut members)?;
    if endpoint == Endpoint::Token && matches!(fault, Fault::Body(_)) {
        return Err(ControlError::bad("`body` is for documents; on the token endpoint give `json`, with its `status`"));
    }
    let times = members.number("times")?;
    if times == Some(0) {
        return Err(ControlError::bad("`times` must be 1 or more; DELETE the fault to end it"));
    }
    let until = members.number("for_ms")?.map(|ms| {
        if (1..=LONGEST).contains(&ms) {
            return Ok(later(app.zone.now(), Duration::from_millis(ms)));
        }
        Err(ControlError::bad(format!(
            "`for_ms` must be from 1 to {LONGEST}, a day; without it a fault has no end of its own"
        )))
    });
    app.faults.set(endpoint, fault, times, until.transpose()?);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear(State(app): State<Shared>, Path(endpoint): Path<String>) -> Result<StatusCode, ControlError> {
    app.faults.clear(parse_endpoint(&endpoint)?);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear_all(State(app): State<Shared>) -> StatusCode {
    app.faults.clear_all();
    StatusCode::NO_CONTENT
}

fn parse_endpoint(name: &str) -> Result<Endpoint, ControlError> {
    Endpoint::parse(name).ok_or_else(|| {
        ControlError::new(
            StatusCode::NOT_FOUND,
            "unknown_endpoint",
            format!("faults can be put on {}", Endpoint::NAMES.map(|(name, _)| name).join(", ")),
        )
    })
}

fn parse(members: &mut Members) -> Result<Fault, ControlError> {
    // The one pair that makes sense: a document, and the status that it comes with.
    let is_pair = members.count(&["status", "json"]) == 2 && members.count(&KINDS) == 2;
    if members.count(&KINDS) != 1 && !is_pair {
        return Err(ControlError::bad(format!("give exactly one of `{}`", KINDS.join("`, `"))));
    }
    let status = match members.number("status")? {
        None => None,
        Some(status) => Some(
            u16::try_from(status)
                .ok()
                .filter(|status| (200..600).contains(status))
                .and_then(|status| StatusCode::from_u16(status).ok())
                .ok_or_else(|| ControlError::bad("`status` must be from 200 to 599"))?,
        ),
    };
    if let Some(delay) = members.number("delay_ms")? {
        if delay > LONGEST_DELAY {
            return Err(ControlError::bad(format!("`delay_ms` must be at most {LONGEST_DELAY}")));
        }
        return Ok(Fault::Delay(Duration::from_millis(delay)));
    }
    if let Some(body) = members.string("body")? {
        return WrongBody::parse(&body).map(Fault::Body).ok_or_else(|| {
            ControlError::bad(format!("`body` must be one of {}", WrongBody::NAMES.map(|(name, _)| name).join(", ")))
        });
    }
    if let Some(document) = members.object("json")? {
        return Ok(Fault::Json(status.unwrap_or(StatusCode::OK), Value::Object(document)));
    }
    if let Some(status) = status {
        return Ok(Fault::Status(status));
    }
    match members.bool("close")? {
        Some(true) => Ok(Fault::Close),
        _ => Err(ControlError::bad("`close` must be true; DELETE the fault to end it")),
    }
}
