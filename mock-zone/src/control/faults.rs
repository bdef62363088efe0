//! `/_control/faults`: making an endpoint fail.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::body::{JsonBody, Members, check_known};
use super::error::ControlError;
use crate::http::faults::{Armed, Endpoint, Kind, LONGEST_ANSWER, WrongBody};
use crate::http::{App, Shared};
use crate::zone::later;

/// What an endpoint does wrong. One of `status`, `error`, `body`, `json`, `close`, `slow`, `content_type` and `issuer`
/// says what, or `delay` alone that it is only late; `status` goes with `error` and `json` too.
///
/// Without `times` and `lasts` it ends when it is cleared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fault {
    /// The answer has this status, from 200 to 599, and a body that says why.
    pub status: Option<u16>,
    /// The answer is this OAuth error, with `status`, or 401 for `invalid_client` and `invalid_token`, or 400. From the
    /// authorization endpoint it goes to the client's redirect URI.
    pub error: Option<String>,
    /// The `error_description` of `error`.
    pub error_description: Option<String>,
    /// The answer has this body.
    pub body: Option<WrongBody>,
    /// The answer is this JSON object.
    pub json: Option<Value>,
    /// There is no answer: the connection ends.
    pub close: bool,
    /// The true answer comes so many bytes at a time, with this pause between; it breaks off after 5 minutes.
    pub slow: Option<(u64, Duration)>,
    /// The true answer comes with this `Content-Type`.
    pub content_type: Option<String>,
    /// The metadata is true but for its `issuer`, which is this.
    pub issuer: Option<String>,
    /// All of this happens so much later, 5 minutes at most.
    pub delay: Option<Duration>,
    /// So many requests meet it; one with HEAD does not count.
    pub times: Option<u64>,
    /// It ends by itself after this time by the zone's clock, a day at most.
    pub lasts: Option<Duration>,
}

/// The longest delay, in milliseconds.
const LONGEST_DELAY: u64 = 300_000;

/// The longest that a fault may be in force by `for_ms`, in milliseconds.
const LONGEST: u64 = 24 * 60 * 60 * 1000;

/// The most bytes, and the longest pause in milliseconds, of a slow body.
const MOST_BYTES: u64 = 1024 * 1024;
const LONGEST_PAUSE: u64 = 60_000;

/// The longest text that a fault serves: an error, an issuer, a content type.
const LONGEST_TEXT: usize = 2048;

const KINDS: [&str; 9] = ["status", "error", "body", "json", "close", "slow", "content_type", "issuer", "delay_ms"];

pub(super) const MEMBERS: [&str; 12] = [
    "status",
    "error",
    "error_description",
    "body",
    "json",
    "close",
    "slow",
    "content_type",
    "issuer",
    "delay_ms",
    "times",
    "for_ms",
];

pub(super) async fn list(State(app): State<Shared>) -> Json<Value> {
    Json(app.faults.list(app.zone.now()))
}

pub(super) async fn set(
    State(app): State<Shared>,
    Path(endpoint): Path<String>,
    body: JsonBody,
) -> Result<StatusCode, ControlError> {
    let endpoint = parse_endpoint(&endpoint)?;
    app.arm(endpoint, parse(body.members(&MEMBERS)?)?)?;
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

impl App {
    /// Puts a fault on an endpoint, in place of the one that is there.
    pub(crate) fn arm(&self, endpoint: Endpoint, fault: Fault) -> Result<(), ControlError> {
        let (times, lasts) = (fault.times, fault.lasts);
        let armed = fault.check(endpoint)?;
        if times == Some(0) {
            return Err(ControlError::bad("`times` must be 1 or more; DELETE the fault to end it"));
        }
        let until = match lasts {
            None => None,
            Some(lasts) if (1..=u128::from(LONGEST)).contains(&lasts.as_millis()) => {
                Some(later(self.zone.now(), lasts))
            }
            Some(_) => {
                return Err(ControlError::bad(format!(
                    "`for_ms` must be from 1 to {LONGEST}, a day; without it a fault has no end of its own"
                )));
            }
        };
        self.faults.set(endpoint, armed, times, until);
        Ok(())
    }
}

pub(super) fn parse_endpoint(name: &str) -> Result<Endpoint, ControlError> {
    Endpoint::parse(name).ok_or_else(|| {
        ControlError::new(
            StatusCode::NOT_FOUND,
            "unknown_endpoint",
            format!("faults can be put on {}", Endpoint::NAMES.map(|(name, _)| name).join(", ")),
        )
    })
}

fn parse(mut members: Members) -> Result<Fault, ControlError> {
    let millis = |value: Option<u64>| value.map(Duration::from_millis);
    let fault = Fault {
        // What is too large for a status is refused as one.
        status: members.number("status")?.map(|status| u16::try_from(status).unwrap_or(u16::MAX)),
        error: members.string("error")?,
        error_description: members.string("error_description")?,
        body: match members.string("body")? {
            None => None,
            Some(body) => Some(WrongBody::parse(&body).ok_or_else(|| {
                let names = WrongBody::NAMES.map(|(name, _)| name).join(", ");
                ControlError::bad(format!("`body` must be one of {names}"))
            })?),
        },
        json: members.object("json")?.map(Value::Object),
        close: match members.bool("close")? {
            Some(false) => return Err(ControlError::bad("`close` must be true; DELETE the fault to end it")),
            close => close.unwrap_or(false),
        },
        slow: slow(&mut members)?,
        content_type: members.string("content_type")?,
        issuer: members.string("issuer")?,
        delay: millis(members.number("delay_ms")?),
        times: members.number("times")?,
        lasts: millis(members.number("for_ms")?),
    };
    Ok(fault)
}

fn slow(members: &mut Members) -> Result<Option<(u64, Duration)>, ControlError> {
    let Some(object) = members.object("slow")? else {
        return Ok(None);
    };
    for name in object.keys() {
        check_known("member of `slow`", name, &["bytes", "every_ms"])?;
    }
    let number = |name: &str| object.get(name).and_then(Value::as_u64);
    match (number("bytes"), number("every_ms")) {
        (Some(bytes), Some(every)) => Ok(Some((bytes, Duration::from_millis(every)))),
        _ => Err(ControlError::bad(r#"`slow` must be {"bytes": …, "every_ms": …}, two whole numbers"#)),
    }
}

impl Fault {
    /// The fault as it can be put on `endpoint`.
    fn check(self, endpoint: Endpoint) -> Result<Armed, ControlError> {
        if let Some(delay) = self.delay
            && delay > Duration::from_millis(LONGEST_DELAY)
        {
            return Err(ControlError::bad(format!("`delay_ms` must be at most {LONGEST_DELAY}")));
        }
        let given = [
            self.status.is_some() && self.error.is_none() && self.json.is_none(),
            self.error.is_some(),
            self.body.is_some(),
            self.json.is_some(),
            self.close,
            self.slow.is_some(),
            self.content_type.is_some(),
            self.issuer.is_some(),
        ];
        match given.iter().filter(|given| **given).count() {
            0 if self.delay.is_some() => {}
            1 => {}
            _ => {
                return Err(ControlError::bad(format!(
                    "give exactly one of `{}`; `status` goes with `error` and `json` too, `delay_ms` with all",
                    KINDS.join("`, `")
                )));
            }
        }
        if self.error_description.is_some() && self.error.is_none() {
            return Err(ControlError::bad("`error_description` goes with `error`"));
        }
        Ok(Armed { delay: self.delay.unwrap_or_default(), kind: self.kind(endpoint)? })
    }

    fn kind(self, endpoint: Endpoint) -> Result<Option<Kind>, ControlError> {
        let status = match self.status {
            None => None,
            Some(status) => Some(
                StatusCode::from_u16(status)
                    .ok()
                    .filter(|status| (200..600).contains(&status.as_u16()))
                    .ok_or_else(|| ControlError::bad("`status` must be from 200 to 599"))?,
            ),
        };
        for (name, text) in [
            ("error", &self.error),
            ("error_description", &self.error_description),
            ("content_type", &self.content_type),
            ("issuer", &self.issuer),
        ] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > LONGEST_TEXT) {
                return Err(ControlError::bad(format!("`{name}` must have 1 to {LONGEST_TEXT} bytes")));
            }
        }
        if let Some(error) = self.error {
            let usual = match error.as_str() {
                "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            let status = status.unwrap_or(usual);
            return Ok(Some(Kind::Error { status, error, description: self.error_description }));
        }
        if let Some(document) = self.json {
            if !document.is_object() {
                return Err(ControlError::bad("`json` must be an object"));
            }
            return Ok(Some(Kind::Json(status.unwrap_or(StatusCode::OK), document)));
        }
        if let Some((bytes, every)) = self.slow {
            let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
            if !(1..=MOST_BYTES).contains(&bytes) || !(1..=LONGEST_PAUSE).contains(&every_ms) {
                return Err(ControlError::bad(format!(
                    "`slow` must have `bytes` from 1 to {MOST_BYTES} and `every_ms` from 1 to {LONGEST_PAUSE}; an answer \
                     breaks off after {} s",
                    LONGEST_ANSWER.as_secs()
                )));
            }
            return Ok(Some(Kind::Slow { bytes: usize::try_from(bytes).unwrap_or(usize::MAX), every }));
        }
        if let Some(content_type) = self.content_type {
            let value = HeaderValue::try_from(content_type)
                .map_err(|_| ControlError::bad("`content_type` must be text that a header can carry"))?;
            return Ok(Some(Kind::ContentType(value)));
        }
        if let Some(issuer) = self.issuer {
            if endpoint != Endpoint::Discovery {
                return Err(ControlError::bad("`issuer` is for discovery: it is what the metadata says"));
            }
            return Ok(Some(Kind::Issuer(issuer)));
        }
        Ok(match (self.body, status) {
            (Some(body), _) => Some(Kind::Body(body)),
            (None, Some(status)) => Some(Kind::Status(status)),
            (None, None) => self.close.then_some(Kind::Close),
        })
    }
}
