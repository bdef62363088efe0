//! `/_control/clock`: the zone's time, stopped, set and put forward. All that the zone does goes by it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::body::JsonBody;
use super::error::ControlError;
use crate::clock::{ClockReading, OutOfRange};
use crate::http::Shared;

type Answer = Result<Json<ClockReading>, ControlError>;

pub(super) const SET: [&str; 2] = ["now", "frozen"];
pub(super) const ADVANCE: [&str; 1] = ["ms"];

pub(super) async fn show(State(app): State<Shared>) -> Json<ClockReading> {
    Json(app.clock.read())
}

pub(super) async fn set(State(app): State<Shared>, body: JsonBody) -> Answer {
    let mut members = body.members(&SET)?;
    if members.count(&SET) == 0 {
        return Err(ControlError::bad(
            "give `now` (RFC 3339), `frozen` (true or false), or both; DELETE the clock to have the system's again",
        ));
    }
    let now = match members.string("now")? {
        None => None,
        Some(text) => Some(text.parse::<Timestamp>().map_err(|_| {
            ControlError::bad("`now` must be a time of RFC 3339 with its offset, such as 2030-01-31T12:00:00Z")
        })?),
    };
    Ok(Json(app.clock.set(now, members.bool("frozen")?)?))
}

pub(super) async fn advance(State(app): State<Shared>, body: JsonBody) -> Answer {
    let ms = body.members(&ADVANCE)?.number("ms")?;
    let ms = ms.ok_or_else(|| ControlError::bad("`ms` is required: by how many milliseconds"))?;
    Ok(Json(app.clock.advance(Duration::from_millis(ms))?))
}

pub(super) async fn restore(State(app): State<Shared>) -> Json<ClockReading> {
    Json(app.clock.restore())
}

impl From<OutOfRange> for ControlError {
    fn from(error: OutOfRange) -> Self {
        Self::bad(error.to_string())
    }
}
