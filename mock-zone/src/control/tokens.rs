//! `POST /_control/tokens`: any token, signed by any key, or by none. `/revoke`: one that opens nothing any more.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use super::body::{JsonBody, Members, check_known, wrong_kind};
use super::error::ControlError;
use crate::http::Shared;
use crate::zone::mint::{MintKey, MintRequest, Segment};
use crate::zone::secret::Secret;

pub(super) const REVOKE: [&str; 1] = ["token"];

pub(super) const MEMBERS: [&str; 13] = [
    "header",
    "claims",
    "header_raw",
    "payload_raw",
    "header_base64url",
    "payload_base64url",
    "key",
    "sign_with",
    "defaults",
    "user",
    "resource",
    "client_id",
    "scope",
];

pub(super) async fn mint(State(app): State<Shared>, body: JsonBody) -> Result<(StatusCode, Json<Value>), ControlError> {
    let request = parse(body.members(&MEMBERS)?)?;
    let token = app.zone.mint(request).await?;
    Ok((StatusCode::CREATED, Json(json!({"token": token}))))
}

pub(super) async fn revoke(State(app): State<Shared>, body: JsonBody) -> Result<StatusCode, ControlError> {
    let token = body.members(&REVOKE)?.required_string("token")?;
    app.zone.revoke(token);
    Ok(StatusCode::NO_CONTENT)
}

fn parse(mut members: Members) -> Result<MintRequest, ControlError> {
    Ok(MintRequest {
        header: segment(&mut members, ["header", "header_raw", "header_base64url"])?,
        payload: segment(&mut members, ["claims", "payload_raw", "payload_base64url"])?,
        key: match members.value("key") {
            None => MintKey::default(),
            Some(key) => parse_key(key)?,
        },
        sign_with: members.string("sign_with")?,
        defaults: members.bool("defaults")?.unwrap_or(false),
        user: members.string("user")?,
        resource: members.string("resource")?,
        client_id: members.string("client_id")?,
        scope: members.string("scope")?,
    })
}

/// A segment from whichever of its three forms is given.
fn segment(members: &mut Members, forms: [&'static str; 3]) -> Result<Segment, ControlError> {
    let [object, raw, base64url] = forms;
    if members.count(&forms) > 1 {
        return Err(ControlError::bad(format!(
            "give one of `{object}`, `{raw}` and `{base64url}`: they all say what the same segment holds"
        )));
    }
    if let Some(object) = members.object(object)? {
        return Ok(Segment::Members(object));
    }
    if let Some(raw) = members.string(raw)? {
        return Ok(Segment::Bytes(raw.into_bytes()));
    }
    let Some(encoded) = members.string(base64url)? else {
        return Ok(Segment::Absent);
    };
    BASE64URL
        .decode(encoded)
        .map(Segment::Bytes)
        .map_err(|_| ControlError::bad(format!("`{base64url}` must be base64url without padding")))
}

fn parse_key(value: Value) -> Result<MintKey, ControlError> {
    const EXPECTED: &str = r#""active", "foreign", "none", {"kid": "…"} or {"secret": "…"}"#;
    let object = match value {
        Value::String(name) => {
            return match name.as_str() {
                "active" => Ok(MintKey::Active),
                "foreign" => Ok(MintKey::Foreign),
                "none" => Ok(MintKey::None),
                _ => Err(ControlError::bad(format!("`key` must be {EXPECTED}"))),
            };
        }
        Value::Object(object) => object,
        other => return Err(wrong_kind("key", EXPECTED, &other)),
    };
    let mut members = object.into_iter();
    match (members.next(), members.next()) {
        (Some((name, Value::String(text))), None) => {
            check_known("member of `key`", &name, &["kid", "secret"])?;
            Ok(if name == "kid" { MintKey::Kid(text) } else { MintKey::Secret(Secret::new(text)) })
        }
        _ => Err(ControlError::bad(format!("`key` must be {EXPECTED}"))),
    }
}
