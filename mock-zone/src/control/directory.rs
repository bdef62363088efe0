//! `/_control/resources`, `/clients`, `/users` and `/reset`: what the zone knows.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body::{JsonBody, Members, check_known};
use super::error::ControlError;
use crate::config::{ApplicationConfig, ClientKeys, ResourceConfig, UserConfig, WorkloadIdentity};
use crate::http::{App, Shared};
use crate::zone::secret::Secret;

type Answer = Result<(StatusCode, Json<Value>), ControlError>;

/// The most scopes, redirect URIs or dependencies that one object may have.
const MOST: usize = 100;

pub(super) const RESOURCE: [&str; 4] = ["identifier", "name", "scopes", "application"];
pub(super) const CLIENT: [&str; 9] = [
    "name",
    "client_id",
    "redirect_uris",
    "resources",
    "consent",
    "jwks",
    "jwks_uri",
    "workload_identity",
    "impersonation",
];
pub(super) const USER: [&str; 3] = ["email", "password", "identifier"];

/// A resource as it is put: what is not given stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewResource {
    /// The resource identifier.
    pub identifier: String,
    /// What people call it.
    pub name: Option<String>,
    /// The scopes it declares.
    pub scopes: Option<Vec<String>>,
    /// The client id of the application that provides it.
    pub application: Option<String>,
}

/// An application, of which the zone draws the secret.
#[derive(Debug, Clone, Default)]
pub struct NewClient {
    /// What people call it.
    pub name: String,
    /// Its `client_id`; `None` draws one. A URL leads to its keys, unless they are given.
    pub client_id: Option<String>,
    /// Where its users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// The resources it may have tokens for.
    pub resources: Vec<String>,
    /// Whether users must have granted access before their tokens are exchanged.
    pub consent_required: bool,
    /// The keys that its assertions are signed with.
    pub keys: Option<ClientKeys>,
    /// What the platform says of it that it runs on.
    pub workload_identity: Option<WorkloadIdentity>,
    /// Whether it may have a user's token without one that the user's client was given.
    pub impersonation: bool,
}

/// What a new client presents at the token endpoint.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// Its `client_id`.
    pub client_id: String,
    /// Its `client_secret`.
    pub client_secret: Secret,
}

impl App {
    /// Puts a resource, and says whether it is new.
    pub(crate) fn put_resource(&self, new: NewResource) -> Result<bool, ControlError> {
        let NewResource { identifier, name, scopes, application } = new;
        bounded("scopes", scopes.as_deref())?;
        self.zone.with_directory(|directory| {
            if let Some(id) = &application
                && directory.client(id).is_none_or(|client| client.application_identifier().is_none())
            {
                return Err(ControlError::bad("`application` must be the client_id of an application of this zone"));
            }
            let known = directory.resource(&identifier);
            let known = known.as_deref();
            Ok(directory.put_resource(&ResourceConfig {
                name: name.or_else(|| known.map(|resource| resource.name.clone())),
                scopes: scopes.or_else(|| known.map(|resource| resource.scopes.clone())).unwrap_or_default(),
                credential_lifetime: known.and_then(|resource| resource.lifetime),
                application: application.or_else(|| known.and_then(|resource| resource.application.clone())),
                identifier,
            })?)
        })
    }

    /// Adds an application, and gives its credentials.
    pub(crate) fn add_client(&self, new: NewClient) -> Result<ClientCredentials, ControlError> {
        bounded("redirect_uris", Some(&new.redirect_uris))?;
        bounded("resources", Some(&new.resources))?;
        let keys = match new.keys {
            // A client id that is a URL leads to the keys, unless they are given.
            None => new.client_id.as_deref().filter(|id| id.contains("://")).map(|_| ClientKeys::Document),
            given => given,
        };
        let application = ApplicationConfig {
            name: new.name,
            client_id: new.client_id.unwrap_or_else(|| self.zone.draw_identifier()),
            client_secret: Secret::new(self.zone.draw_secret()),
            redirect_uris: new.redirect_uris,
            dependencies: new.resources,
            consent_required: new.consent_required,
            keys,
            workload_identity: new.workload_identity,
            impersonation: new.impersonation,
        };
        let client = self.zone.add_application(&application)?;
        Ok(ClientCredentials { client_id: client.id.clone(), client_secret: application.client_secret })
    }

    /// Back to the configuration: everything is forgotten but the keys, and the places of readers in both lists.
    pub(crate) fn reset(&self) -> Result<(), ControlError> {
        self.clock.restore();
        self.zone.reset()?;
        self.faults.clear_all();
        self.requests.clear();
        Ok(())
    }
}

pub(super) async fn put_resource(State(app): State<Shared>, body: JsonBody) -> Answer {
    let mut members = body.members(&RESOURCE)?;
    let identifier = members.required_string("identifier")?;
    let is_new = app.put_resource(NewResource {
        identifier: identifier.clone(),
        name: members.string("name")?,
        scopes: members.strings("scopes")?,
        application: members.string("application")?,
    })?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let resource = app.zone.with_directory(|directory| directory.resource(&identifier));
    let shown = resource
        .map(|resource| json!({"identifier": resource.identifier, "name": resource.name, "scopes": resource.scopes}));
    Ok((status, Json(shown.unwrap_or_default())))
}

pub(super) async fn add_client(State(app): State<Shared>, body: JsonBody) -> Answer {
    let mut members = body.members(&CLIENT)?;
    let consent_required = match members.string("consent")?.as_deref() {
        None | Some("implicit") => false,
        Some("required") => true,
        Some(_) => return Err(ControlError::bad("`consent` must be implicit or required")),
    };
    let client = app.add_client(NewClient {
        name: members.required_string("name")?,
        client_id: members.string("client_id")?,
        redirect_uris: members.strings("redirect_uris")?.unwrap_or_default(),
        resources: members.strings("resources")?.unwrap_or_default(),
        consent_required,
        keys: keys(&mut members)?,
        workload_identity: members.object("workload_identity")?.map(workload_identity).transpose()?,
        impersonation: members.bool("impersonation")?.unwrap_or(false),
    })?;
    let shown = json!({"client_id": client.client_id, "client_secret": client.client_secret.reveal()});
    Ok((StatusCode::CREATED, Json(shown)))
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
    let mut members = body.members(&USER)?;
    let user = UserConfig {
        email: members.required_string("email")?,
        password: Secret::new(members.required_string("password")?),
        identifier: members.string("identifier")?,
    };
    let user = app.zone.with_directory(|directory| directory.add_user(&user))?;
    Ok((StatusCode::CREATED, Json(json!({"id": user.id, "identifier": user.identifier}))))
}

pub(super) async fn reset(State(app): State<Shared>, body: JsonBody) -> Result<StatusCode, ControlError> {
    body.members(&[])?;
    app.reset()?;
    Ok(StatusCode::NO_CONTENT)
}

fn bounded(name: &str, items: Option<&[String]>) -> Result<(), ControlError> {
    match items {
        Some(items) if items.len() > MOST => {
            Err(ControlError::bad(format!("`{name}` must have at most {MOST} entries, got {}", items.len())))
        }
        _ => Ok(()),
    }
}
