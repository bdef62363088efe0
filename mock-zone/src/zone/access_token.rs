//! The access token (RFC 9068): its header, its claims, and signing it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Zone;
use super::directory::{Client, Resource};
use super::keys::{KeyError, SigningKey};

/// Whom a token is for, and what it opens.
pub(crate) struct Holder<'a> {
    /// The identifier of whom the client acts for; `None`: the application acts for itself.
    pub(crate) subject: Option<&'a str>,
    /// Whether that is an application, and no user.
    pub(crate) is_application: bool,
    pub(crate) client_id: &'a str,
    pub(crate) application_identifier: Option<&'a str>,
    pub(crate) resource: &'a Resource,
    /// What was granted beside the resource.
    pub(crate) targets: &'a [Arc<Resource>],
    pub(crate) scopes: &'a [String],
    pub(crate) session_id: Option<&'a str>,
    /// Who acts for the subject, and who did before (RFC 8693 section 4.1).
    pub(crate) actor: Option<&'a Value>,
}

impl<'a> Holder<'a> {
    pub(crate) fn new(client: &'a Client, resource: &'a Resource, scopes: &'a [String]) -> Self {
        Self {
            subject: None,
            is_application: false,
            client_id: &client.id,
            application_identifier: client.application_identifier(),
            resource,
            targets: &[],
            scopes,
            session_id: None,
            actor: None,
        }
    }
}

/// A token as it leaves the zone.
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) id: String,
    pub(crate) expires_in: u64,
}

/// What real verifiers need and nothing that one of them refuses: an unknown header member is refused by Keycard's
/// own Python verifier, a list of scopes by its TypeScript one.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    sub_profile: &'static str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    keycard_app_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// That the real zone has this claim is known, its form is not. Our choice: identifiers, and no claim without one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    target: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'a Value>,
    iat: i64,
    exp: i64,
    jti: &'a str,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// `typ` of an access token (RFC 9068 section 2.1). Nothing else that the zone signs carries it.
pub(super) const ACCESS_TOKEN: &str = "at+jwt";

impl Zone {
    /// Issues an access token.
    pub(crate) fn issue(&self, key: &SigningKey, holder: &Holder<'_>) -> Result<Issued, KeyError> {
        let id = self.draw_identifier();
        let lifetime = self.lifetime(holder.resource);
        let token = signed(key, ACCESS_TOKEN, &self.claims(holder, &id, lifetime))?;
        Ok(Issued { token, id, expires_in: lifetime.as_secs() })
    }

    /// The claims that [`Zone::issue`] would sign, to be changed by a test.
    pub(super) fn example_claims(&self, holder: &Holder<'_>) -> Map<String, Value> {
        let id = self.draw_identifier();
        to_map(&self.claims(holder, &id, self.lifetime(holder.resource)))
    }

    fn lifetime(&self, resource: &Resource) -> Duration {
        resource.lifetime.unwrap_or(self.config().access_token_lifetime)
    }

    fn claims<'a>(&'a self, holder: &Holder<'a>, id: &'a str, lifetime: Duration) -> Claims<'a> {
        let iat = self.now().as_second();
        let (sub, sub_profile) = match holder.subject {
            Some(subject) if holder.is_application => (subject, "app"),
            Some(subject) => (subject, "user"),
            None => (holder.application_identifier.unwrap_or(holder.client_id), "app"),
        };
        Claims {
            iss: self.issuer.as_str(),
            aud: &holder.resource.identifier,
            sub,
            sub_profile,
            client_id: holder.client_id,
            keycard_app_id: holder.application_identifier,
            scope: (!holder.scopes.is_empty()).then(|| holder.scopes.join(" ")),
            target: holder.targets.iter().map(|target| target.identifier.as_str()).collect(),
            sid: holder.session_id,
            act: holder.actor,
            iat,
            exp: iat.saturating_add_unsigned(lifetime.as_secs()),
            jti: id,
        }
    }
}

/// The header of an access token that `key` signs.
pub(super) fn example_header(key: &SigningKey) -> Map<String, Value> {
    to_map(&header(key, ACCESS_TOKEN))
}

fn header<'a>(key: &'a SigningKey, typ: &'static str) -> Header<'a> {
    Header { alg: key.algorithm().as_str(), typ, kid: key.kid() }
}

/// `claims` as a JWT of this type, signed by `key`.
pub(super) fn signed<T: Serialize>(key: &SigningKey, typ: &'static str, claims: &T) -> Result<String, KeyError> {
    let input = signing_input(&to_bytes(&header(key, typ)), &to_bytes(claims));
    let signature = key.sign(input.as_bytes())?;
    Ok(compact(input, &signature))
}

/// The two segments that a signature covers.
pub(super) fn signing_input(header: &[u8], payload: &[u8]) -> String {
    let mut input = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 400);
    BASE64URL.encode_string(header, &mut input);
    input.push('.');
    BASE64URL.encode_string(payload, &mut input);
    input
}

/// The compact serialization (RFC 7515 section 3.1).
pub(super) fn compact(mut input: String, signature: &[u8]) -> String {
    input.push('.');
    BASE64URL.encode_string(signature, &mut input);
    input
}

// Strings, integers, lists and JSON of our own making, no maps with odd keys: serializing them has no way to fail.
fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn to_map<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
