//! `/_control/sessions`, `/grants`, `/codes` and `/refresh_tokens`: what users have, and ending it now.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::error::ControlError;
use crate::http::Shared;
use crate::zone::held::{Selection, SelectionError};

type Answer = Result<Json<Value>, ControlError>;

pub(super) const OF_SESSIONS: [&str; 3] = ["all", "user", "session_id"];
pub(super) const OF_GRANTS: [&str; 6] = ["all", "user", "client_id", "resource", "grant_id", "session_id"];

pub(super) async fn sessions(State(app): State<Shared>) -> Json<Value> {
    Json(json!({"sessions": app.zone.sessions()}))
}

pub(super) async fn grants(State(app): State<Shared>) -> Json<Value> {
    Json(json!({"grants": app.zone.grants()}))
}

pub(super) async fn expire_sessions(State(app): State<Shared>, body: JsonBody) -> Answer {
    let count = app.zone.expire_sessions(selection(body, &OF_SESSIONS)?)?;
    Ok(Json(json!({"expired": count})))
}

pub(super) async fn revoke_grants(State(app): State<Shared>, body: JsonBody) -> Answer {
    let count = app.zone.revoke_grants(selection(body, &OF_GRANTS)?)?;
    Ok(Json(json!({"revoked": count})))
}

pub(super) async fn expire_codes(State(app): State<Shared>, body: JsonBody) -> Answer {
    let count = app.zone.expire_codes(selection(body, &OF_GRANTS)?)?;
    Ok(Json(json!({"expired": count})))
}

pub(super) async fn expire_refresh_tokens(State(app): State<Shared>, body: JsonBody) -> Answer {
    let count = app.zone.expire_refresh_tokens(selection(body, &OF_GRANTS)?)?;
    Ok(Json(json!({"expired": count})))
}

/// Which are meant. All of them must be said, so that a misspelt variable in a script does not mean everybody.
fn selection(body: JsonBody, known: &'static [&'static str]) -> Result<Selection, ControlError> {
    let mut members = body.members(known)?;
    let all = members.bool("all")?.unwrap_or(false);
    let selection = Selection {
        user: members.string("user")?,
        client_id: members.string("client_id")?,
        resource: members.string("resource")?,
        grant_id: members.string("grant_id")?,
        session_id: members.string("session_id")?,
    };
    if all == (selection != Selection::default()) {
        let others = known[1..].join("`, `");
        return Err(ControlError::bad(format!("give some of `{others}`, or \"all\": true instead")));
    }
    Ok(selection)
}

impl From<SelectionError> for ControlError {
    fn from(error: SelectionError) -> Self {
        Self::bad(error.to_string())
    }
}
