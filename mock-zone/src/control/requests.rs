//! `GET /_control/requests`: what the zone was asked, and when.

use axum::Json;
use axum::extract::{RawQuery, State};
use url::form_urlencoded;

use super::body::check_known;
use super::error::ControlError;
use crate::http::Shared;
use crate::http::requests::RequestList;

pub(super) async fn list(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Json<RequestList>, ControlError> {
    let mut after = 0;
    let mut path = None;
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        check_known("query parameter", &name, &["after", "path"])?;
        if name == "path" {
            path = Some(value.into_owned());
        } else {
            after = value
                .parse()
                .map_err(|_| ControlError::bad("`after` must be the sequence of a request, a whole number"))?;
        }
    }
    Ok(Json(app.requests.list(after, path.as_deref())))
}
