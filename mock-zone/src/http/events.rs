//! `GET /events`: the audit trail, for a token of the zone's own events resource.
//!
//! That a zone has this resource is known; its wire format is not public, so what is answered here is our choice.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::error::plain_error;
use super::{Shared, bearer};
use crate::audit::{EventFilter, EventName};
use crate::zone::directory::events_resource;

/// How many events a page holds unless told otherwise, and at most.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// Lists events.
pub(super) async fn list(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let resource = events_resource(&app.zone.issuer);
    let Some(token) = bearer(&headers) else {
        return challenge(
            &format!("Bearer realm=\"{resource}\""),
            &format!("send `Authorization: Bearer` with an access token of this zone for the resource {resource}"),
        );
    };
    if let Err(error) = app.zone.verify(token, &resource) {
        return challenge(
            &format!(
                "Bearer realm=\"{resource}\", error=\"invalid_token\", error_description=\"the token opens nothing here\""
            ),
            &format!("the token must be an access token of this zone for the resource {resource}, but {error}"),
        );
    }
    match filter(query.as_deref().unwrap_or("")) {
        Ok(filter) => ([(header::CACHE_CONTROL, "no-store")], Json(app.zone.audit.page(&filter))).into_response(),
        Err(message) => plain_error(StatusCode::BAD_REQUEST, "invalid_request", &message),
    }
}

fn filter(query: &str) -> Result<EventFilter, String> {
    let mut filter = EventFilter { limit: PAGE, ..EventFilter::default() };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "after" => {
                filter.after = value.parse().map_err(|_| "`after` must be the sequence of an event, a whole number")?;
            }
            "limit" => {
                filter.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
                    .ok_or(format!("`limit` must be from 1 to {LARGEST_PAGE}"))?;
            }
            "event" => {
                let event = EventName::ALL.into_iter().find(|event| event.as_str() == value);
                let names = EventName::ALL.map(EventName::as_str).join(", ");
                filter.event = Some(event.ok_or(format!("`event` must be one of {names}"))?);
            }
            "client_id" => filter.client_id = Some(value.into_owned()),
            "correlation_id" => filter.correlation_id = Some(value.into_owned()),
            _ => {
                return Err("the parameters are after, limit, event, client_id and correlation_id".to_owned());
            }
        }
    }
    Ok(filter)
}

fn challenge(header: &str, message: &str) -> Response {
    let mut response = plain_error(StatusCode::UNAUTHORIZED, "invalid_token", message);
    // The issuer is ASCII and has no quote, so this is a header value.
    if let Ok(value) = HeaderValue::from_str(header) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
