//! `/_control/keys`: listing, rotating and retiring signing keys.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::error::ControlError;
use crate::SigningAlgorithm;
use crate::http::Shared;

pub(super) const ROTATE: [&str; 2] = ["activate", "alg"];

pub(super) async fn list(State(app): State<Shared>) -> Result<Json<Value>, ControlError> {
    let keys = app.zone.keys.list().await?;
    Ok(Json(json!({ "keys": keys })))
}

pub(super) async fn rotate(State(app): State<Shared>, body: JsonBody) -> Result<Json<Value>, ControlError> {
    let mut members = body.members(&ROTATE)?;
    let activate = members.bool("activate")?.unwrap_or(true);
    let algorithm = members.string("alg")?.map(|alg| alg.parse::<SigningAlgorithm>()).transpose();
    let algorithm = algorithm.map_err(|error| ControlError::bad(format!("`alg`: {error}")))?;
    let (kid, previous) = app.zone.keys.rotate(activate, algorithm).await?;
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
