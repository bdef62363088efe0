//! Tokens made to order for tests: any header, any claims, any key. No real zone does this.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Zone;
use super::access_token::{Holder, compact, example_header, signing_input};
use super::algorithm::SigningAlgorithm;
use super::directory::{Resource, User};
use super::identifiers;
use super::keys::{KeyError, SigningKey, sign_hs256};
use super::secret::Secret;

/// What to mint.
#[derive(Debug, Default)]
pub(crate) struct MintRequest {
    pub(crate) header: Segment,
    pub(crate) payload: Segment,
    pub(crate) key: MintKey,
    pub(crate) sign_with: Option<String>,
    /// Start from the token that the zone itself would issue, and take the segments for patches.
    pub(crate) defaults: bool,
    pub(crate) user: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) scope: Option<String>,
}

/// One of the two segments that are signed.
#[derive(Debug, Default)]
pub(crate) enum Segment {
    #[default]
    Absent,
    Members(Map<String, Value>),
    Bytes(Vec<u8>),
}

/// What to sign with.
#[derive(Debug, Default)]
pub(crate) enum MintKey {
    #[default]
    Active,
    Kid(String),
    Foreign,
    None,
    Secret(Secret),
}

/// Why nothing was minted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MintError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("there is no user {named:?}; this zone has {known:?}")]
    UnknownUser { named: String, known: Vec<String> },
    #[error("there is no resource {named:?}; this zone has {known:?}")]
    UnknownResource { named: String, known: Vec<String> },
    #[error("the zone has no {0} to start from: add one, or leave out `defaults`")]
    NothingToStartFrom(&'static str),
    #[error("`{0}` chooses what `defaults` starts from: add \"defaults\": true, or leave it out")]
    ChoiceWithoutDefaults(&'static str),
    #[error("`scope` must be scopes of RFC 6749 section 3.3 between spaces, at most 100 in 4096 characters")]
    MalformedScope,
    #[error("`sign_with` {asked:?} cannot be done with this key: it signs {possible}")]
    WrongAlgorithm { asked: String, possible: &'static str },
}

enum Signer {
    Key(Arc<SigningKey>),
    Hmac(Secret),
    Nothing,
}

impl Zone {
    /// Mints a token. It leaves no event: nothing that a zone does happened.
    pub(crate) async fn mint(&self, request: MintRequest) -> Result<String, MintError> {
        let active = self.keys.active().await?;
        // The key that a header names unless told otherwise.
        let named = match &request.key {
            MintKey::Kid(kid) => self.keys.find(kid).await?,
            _ => Arc::clone(&active),
        };
        let (header, payload) = if request.defaults {
            let claims = self.start_from(&request)?;
            let header = patched(example_header(&named), request.header);
            (header, patched(claims, request.payload))
        } else {
            request.check_no_choice()?;
            let header = match request.header {
                Segment::Absent => Segment::Members(example_header(&named)),
                given => given,
            };
            (header, request.payload)
        };
        let header = header.into_bytes();
        let signer = match request.key {
            MintKey::Active | MintKey::Kid(_) => Signer::Key(named),
            MintKey::Foreign => {
                // Of the kind that the token says it is signed with: it should be wrong in nothing but the key.
                let named = request.sign_with.clone().or_else(|| alg(&header));
                let algorithm = named.and_then(|alg| SigningAlgorithm::of_family(&alg));
                Signer::Key(self.keys.foreign(algorithm.unwrap_or(active.algorithm())).await?)
            }
            MintKey::Secret(secret) => Signer::Hmac(secret),
            MintKey::None => Signer::Nothing,
        };
        let input = signing_input(&header, &payload.into_bytes());
        let signature = signer.sign(request.sign_with, &header, input.as_bytes())?;
        Ok(compact(input, &signature))
    }

    fn start_from(&self, request: &MintRequest) -> Result<Map<String, Value>, MintError> {
        let user = self.example_user(request.user.as_deref())?;
        let resource = self.example_resource(request.resource.as_deref())?;
        let scopes = super::scope::parse(request.scope.as_deref().unwrap_or("")).ok_or(MintError::MalformedScope)?;
        // A client that never registered; what a server sees of one is its identifier.
        let fallback = format!("ua:{}", identifiers::derive("client", self.issuer.as_str()));
        let client_id = request.client_id.as_deref().unwrap_or(&fallback);
        let client = self.with_directory(|directory| directory.client(client_id));
        let session_id = self.draw_identifier();
        Ok(self.example_claims(&Holder {
            subject: Some(&user.identifier),
            is_application: false,
            client_id,
            application_identifier: client.as_ref().and_then(|c| c.application_identifier()),
            resource: &resource,
            targets: &[],
            scopes: &scopes,
            session_id: Some(&session_id),
            actor: None,
        }))
    }

    fn example_user(&self, named: Option<&str>) -> Result<Arc<User>, MintError> {
        self.with_directory(|directory| match named {
            None => directory.users().first().cloned().ok_or(MintError::NothingToStartFrom("user")),
            Some(named) => {
                directory.user_by_identifier(named).or_else(|| directory.user_by_email(named)).ok_or_else(|| {
                    MintError::UnknownUser {
                        named: named.to_owned(),
                        known: directory.users().iter().take(20).map(|user| user.email.clone()).collect(),
                    }
                })
            }
        })
    }

    fn example_resource(&self, named: Option<&str>) -> Result<Arc<Resource>, MintError> {
        self.with_directory(|directory| {
            let known = directory.resource_identifiers();
            let Some(named) = named.or(known.first().map(String::as_str)) else {
                return Err(MintError::NothingToStartFrom("resource"));
            };
            directory.resource(named).ok_or_else(|| MintError::UnknownResource {
                named: named.to_owned(),
                known: known.iter().take(20).cloned().collect(),
            })
        })
    }
}

impl MintRequest {
    fn check_no_choice(&self) -> Result<(), MintError> {
        for (name, value) in
            [("user", &self.user), ("resource", &self.resource), ("client_id", &self.client_id), ("scope", &self.scope)]
        {
            if value.is_some() {
                return Err(MintError::ChoiceWithoutDefaults(name));
            }
        }
        Ok(())
    }
}

impl Segment {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Absent => b"{}".to_vec(),
            Self::Members(members) => Value::Object(members).to_string().into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// `start` with the members of `patch` put in, and those that are null taken out. Raw bytes replace it whole.
fn patched(mut start: Map<String, Value>, patch: Segment) -> Segment {
    match patch {
        Segment::Absent => Segment::Members(start),
        Segment::Bytes(bytes) => Segment::Bytes(bytes),
        Segment::Members(members) => {
            for (name, value) in members {
                if value.is_null() {
                    start.remove(&name);
                } else {
                    start.insert(name, value);
                }
            }
            Segment::Members(start)
        }
    }
}

impl Signer {
    /// Signs with the algorithm asked for, else the header's where this key can, else the key's own: a header that
    /// names an algorithm which was not used is a test's way to lie.
    fn sign(&self, asked: Option<String>, header: &[u8], input: &[u8]) -> Result<Vec<u8>, MintError> {
        let wrong = |asked: String, possible| MintError::WrongAlgorithm { asked, possible };
        match (self, asked) {
            (Self::Nothing, None) => Ok(Vec::new()),
            (Self::Nothing, Some(asked)) => Err(wrong(asked, "nothing")),
            (Self::Hmac(secret), asked) => match asked {
                Some(asked) if asked != "HS256" => Err(wrong(asked, "HS256")),
                _ => Ok(sign_hs256(secret.reveal().as_bytes(), input)?),
            },
            (Self::Key(key), Some(asked)) => match key.sign_as(&asked, input) {
                Some(signed) => Ok(signed?),
                None => Err(wrong(asked, key.possible())),
            },
            (Self::Key(key), None) => {
                let named = alg(header).and_then(|alg| key.sign_as(&alg, input));
                Ok(named.unwrap_or_else(|| key.sign(input))?)
            }
        }
    }
}

/// What a header says that the token is signed with.
fn alg(header: &[u8]) -> Option<String> {
    let header: Value = serde_json::from_slice(header).ok()?;
    Some(header.get("alg")?.as_str()?.to_owned())
}
