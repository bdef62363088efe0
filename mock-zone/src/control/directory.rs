//! `/_control/resources`, `/clients`, `/users` and `/reset`: what the zone knows.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body::{JsonBody, Members, check_known};
use super::error::ControlError;
use crate::config::{ApplicationConfig, ClientKeys, ResourceConfig, UserConfig, WorkloadIdentity};
use crate::http::Shared;
use crate::zone::secret::Secret;

type Answer = Result<(StatusCode, Json<Value>), ControlError>;

/// The most scopes, redirect URIs or dependencies that one object may have.
const MOST: usize = 100;

pub(super) async fn put_resource(State(app): State<Shared>, body: JsonBody) -> Answer {
    let mut members = body.members(&["identifier", "name", "scopes", "application"])?;
    let identifier = members.required_string("identifier")?;
    let name = members.string("name")?;
    let scopes = bounded("scopes", members.strings("scopes")?)?;
    let application = members.string("application")?;
    let (is_new, resource) = app.zone.with_directory(|directory| {
        if let Some(id) = &application
            && directory.client(id).is_none_or(|client| client.application_identifier().is_none())
        {
            return Err(ControlError::bad("`application` must be the client_id of an application of this zone"));
        }
        let known = directory.resource(&identifier);
        let known = known.as_deref();
        let is_new = directory.put_resource(&ResourceConfig {
            name: name.or_else(|| known.map(|resource| resource.name.clone())),
            scopes: scopes.or_else(|| known.map(|resource| resource.scopes.clone())).unwrap_or_default(),
            credential_lifetime: known.and_then(|resource| resource.lifetime),
            application: application.or_else(|| known.and_then(|resource| resource.application.clone())),
            identifier: identifier.clone(),
        })?;
        Ok::<_, ControlError>((is_new, directory.resource(&identifier)))
    })?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let shown = resource
        .map(|resource| json!({"identifier": resource.identifier, "name": resource.name, "scopes": resource.scopes}));
    Ok((status, Json(shown.unwrap_or_default())))
}

pub(super) async fn add_client(State(app): State<Shared>, body: JsonBody) -> Answer {
    let mut members = body.members(&[
        "name",
        "client_id",
        "redirect_uris",
        "resources",
        "consent",
        "jwks",
        "jwks_uri",
        "workload_identity",
        "impersonation",
    ])?;
    let secret = app.zone.draw_secret();
    let consent_required = match members.string("consent")?.as_deref() {
        None | Some("implicit") => false,
        Some("required") => true,
        Some(_) => return Err(ControlError::bad("`consent` must be implicit or required")),
    };
    let chosen = members.string("client_id")?;
    let keys = match keys(&mut members)? {
        // A client id that is a URL leads to the keys, unless they are given.
        None => chosen.as_deref().filter(|id| id.contains("://")).map(|_| ClientKeys::Document),
        given => given,
    };
    let application = ApplicationConfig {
        name: members.required_string("name")?,
        client_id: chosen.unwrap_or_else(|| app.zone.draw_identifier()),
        client_secret: Secret::new(secret.clone()),
        redirect_uris: bounded("redirect_uris", members.strings("redirect_uris")?)?.unwrap_or_default(),
        dependencies: bounded("resources", members.strings("resources")?)?.unwrap_or_default(),
        consent_required,
        keys,
        workload_identity: members.object("workload_identity")?.map(workload_identity).transpose()?,
        impersonation: members.bool("impersonation")?.unwrap_or(false),
    };
    let client = app.zone.add_application(&application)?;
    Ok((StatusCode::CREATED, Json(json!({"client_id": client.id, "client_secret": secret}))))
}

/// The keys that `jwks` or `jwks_uri` gives.
fn keys(members: &mut Members) -> Result<Option<ClientKeys>, ControlError> {
    match (members.object("jwks")?, members.string("jwks_uri")?) {
        (Some(_), Some(_)) => Err(ControlError::bad("give one of `jwks` and `jwks_uri`: they say the same")),
        (Some(set), None) => Ok(Some(ClientKeys::Jwks(Value::Object(set)))),
        (None, uri) => Ok(uri.map(ClientKeys::JwksUri)),
    }
}

fn workload_identity(object: Map<String, Value>) -> Result<WorkloadIdentity, ControlError> {
    for name in object.keys() {
        check_known("member of `workload_identity`", name, &["issuer", "subject", "audience", "jwks", "jwks_uri"])?;
    }
    let mut members = Members::of(object);
    Ok(WorkloadIdentity {
        issuer: members.required_string("issuer")?,
        subject: members.string("subject")?,
        audience: members.string("audience")?,
        keys: keys(&mut members)?.ok_or_else(|| {
            ControlError::bad("`workload_identity` needs `jwks` or `jwks_uri`, the keys of its issuer")
        })?,
    })
}

pub(super) async fn add_user(State(app): State<Shared>, body: JsonBody) -> Answer {
    let mut members = body.members(&["email", "password", "identifier"])?;
    let user = UserConfig {
        email: members.required_string("email")?,
        password: Secret::new(members.required_string("password")?),
        identifier: members.string("identifier")?,
    };
    let user = app.zone.with_directory(|directory| directory.add_user(&user))?;
    Ok((StatusCode::CREATED, Json(json!({"id": user.id, "identifier": user.identifier}))))
}

/// Back to the configuration: everything is forgotten but the keys, and the places of readers in both lists.
pub(super) async fn reset(State(app): State<Shared>, body: JsonBody) -> Result<StatusCode, ControlError> {
    body.members(&[])?;
    app.zone.reset()?;
    app.faults.clear_all();
    app.requests.clear();
    Ok(StatusCode::NO_CONTENT)
}

fn bounded(name: &str, items: Option<Vec<String>>) -> Result<Option<Vec<String>>, ControlError> {
    match items {
        Some(items) if items.len() > MOST => {
            Err(ControlError::bad(format!("`{name}` must have at most {MOST} entries, got {}", items.len())))
        }
        items => Ok(items),
    }
}
