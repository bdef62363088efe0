//! `/_control/invitations` and `/_control/verifications`: who may sign up, and what a real zone sends by mail.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::error::ControlError;
use crate::http::Shared;

pub(super) const INVITATION: [&str; 1] = ["email"];

/// Lets an address sign up where that needs an invitation.
pub(super) async fn invite(
    State(app): State<Shared>,
    body: JsonBody,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let mut members = body.members(&INVITATION)?;
    let email = members.required_string("email")?;
    let is_new = app.zone.invite(&email).ok_or_else(|| {
        ControlError::bad("`email` must be an e-mail address of at most 254 characters, such as ada@example.com")
    })?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({"email": email.trim()}))))
}

/// The codes that wait to be typed.
pub(super) async fn verifications(State(app): State<Shared>) -> Json<Value> {
    let waiting: Vec<_> = app
        .zone
        .verifications()
        .into_iter()
        .map(|waiting| json!({"email": waiting.email, "code": waiting.code, "expires_at": waiting.expires_at}))
        .collect();
    Json(json!({"verifications": waiting}))
}
