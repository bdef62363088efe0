//! `/_control/keys`: listing, rotating and retiring signing keys.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::error::ControlError;
use crate::http::Shared;

pub(super) const ROTATE: [&str; 1] = ["activate"];

pub(super) async fn list(State(app): State<Shared>) -> Result<Json<Value>, ControlError> {
    let keys = app.zone.keys.list().await?;
    Ok(Json(json!({ "keys": keys })))
}

pub(super) async fn rotate(State(app): State<Shared>, body: JsonBody) -> Result<Json<Value>, ControlError> {
    let activate = body.members(&ROTATE)?.bool("activate")?;
    let (kid, previous) = app.zone.keys.rotate(activate.unwrap_or(true)).await?;
    Ok(Json(json!({"kid": kid, "previous": previous})))
}

pub(super) async fn retire(
    State(app): State<Shared>,
    Path(kid): Path<String>,
    body: JsonBody,
) -> Result<StatusCode, ControlError> {
    body.members(&[])?;
    app.zone.keys.retire(&kid).await?;
    Ok(StatusCode::NO_CONTENT)
}
