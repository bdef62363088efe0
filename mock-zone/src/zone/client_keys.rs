//! The public keys of clients: where they are, reading them, and verifying with them.

use std::fmt;
use std::sync::Arc;

use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value};

use super::Zone;
use crate::config::ClientKeys;
use crate::fetch::FetchError;

/// The algorithms of assertions: each needs a private key, so that nothing the zone knows suffices to make one.
pub(super) const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The most keys of one set.
const MOST_KEYS: usize = 32;

/// Where keys are.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// Here, as text: a set that is ready to verify with is many times larger, and there may be one for each client.
    Set(Arc<str>),
    Uri(String),
    /// A document that holds or names them.
    Document(String),
}

impl KeySource {
    /// Reads the configuration of `client_id`.
    pub(super) fn configured(keys: &ClientKeys, client_id: &str) -> Result<Self, KeySetError> {
        Ok(match keys {
            ClientKeys::Jwks(set) => Self::set(set)?,
            ClientKeys::JwksUri(uri) => Self::Uri(uri.clone()),
            ClientKeys::Document => Self::Document(client_id.to_owned()),
        })
    }

    /// Reads `jwks` or `jwks_uri`, of which metadata may have one (RFC 7591 section 2).
    pub(super) fn read(members: &Map<String, Value>) -> Result<Self, KeySetError> {
        let given = |name: &str| members.get(name).filter(|value| !value.is_null());
        match (given("jwks"), given("jwks_uri")) {
            (Some(_), Some(_)) => Err(KeySetError::Both),
            (None, None) => Err(KeySetError::Neither),
            (Some(set), None) => Self::set(set),
            (None, Some(uri)) => Ok(Self::Uri(uri.as_str().ok_or(KeySetError::Uri(FetchError::NotAUrl))?.to_owned())),
        }
    }

    fn set(set: &Value) -> Result<Self, KeySetError> {
        KeySet::read(set.as_object().ok_or(KeySetError::NotASet)?)?;
        Ok(Self::Set(set.to_string().into()))
    }

    /// The URL that will be fetched.
    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Set(_) => None,
            Self::Uri(url) | Self::Document(url) => Some(url),
        }
    }
}

/// Why keys cannot be had. No text repeats a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeySetError {
    #[error("jwks and jwks_uri exclude each other (RFC 7591 section 2)")]
    Both,
    #[error("jwks or jwks_uri is required: the public keys that assertions are verified with")]
    Neither,
    #[error("jwks must be an object whose member keys is an array of at most {MOST_KEYS} JWKs (RFC 7517 section 5)")]
    NotASet,
    #[error("jwks holds a private or symmetric key: give the public one, and take the other for lost")]
    NotPublic,
    #[error("jwks holds no public key for one of {}", ALGORITHMS.join(", "))]
    NothingUsable,
    #[error("jwks_uri: {0}")]
    Uri(#[from] FetchError),
    #[error("the document at the client_id: {0}")]
    Document(FetchError),
    #[error("the document at the client_id is for another client_id")]
    OtherDocument,
}

/// The usable keys of a JWK set.
pub(crate) struct KeySet(Vec<PublicKey>);

struct PublicKey {
    kid: Option<String>,
    algorithm: &'static str,
    verifier: Box<dyn JwsVerifier>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| (&key.kid, key.algorithm))).finish()
    }
}

/// Why a signature proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("its kid names no key of this client for its alg")]
    UnknownKey,
    #[error("it has no kid, and the client has several keys for its alg, or none")]
    Ambiguous,
    #[error("its signature is wrong")]
    Wrong,
}

impl KeySet {
    pub(super) fn read(members: &Map<String, Value>) -> Result<Self, KeySetError> {
        let keys = members.get("keys").and_then(Value::as_array).ok_or(KeySetError::NotASet)?;
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::NotASet);
        }
        let mut usable = Vec::new();
        for key in keys {
            let key = key.as_object().ok_or(KeySetError::NotASet)?;
            // `d` is the private part of every kind of key, and a symmetric one is nothing but secret.
            if key.contains_key("d") || key.contains_key("k") {
                return Err(KeySetError::NotPublic);
            }
            // What is not understood is passed over (RFC 7517 section 5).
            let Ok(jwk) = Jwk::from_map(key.clone()) else {
                continue;
            };
            for algorithm in ALGORITHMS {
                if let Some(verifier) = verifier(algorithm, &jwk) {
                    usable.push(PublicKey { kid: jwk.key_id().map(str::to_owned), algorithm, verifier });
                }
            }
        }
        if usable.is_empty() {
            return Err(KeySetError::NothingUsable);
        }
        Ok(Self(usable))
    }

    /// Whether a key could be the one that this header names.
    fn has(&self, algorithm: &str, kid: Option<&str>) -> bool {
        self.candidates(algorithm, kid).next().is_some()
    }

    fn candidates(&self, algorithm: &str, kid: Option<&str>) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().filter(move |key| key.algorithm == algorithm && (kid.is_none() || key.kid.as_deref() == kid))
    }

    pub(super) fn verify(
        &self,
        algorithm: &str,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let candidates: Vec<_> = self.candidates(algorithm, kid).collect();
        match (kid, candidates.as_slice()) {
            (Some(_), []) => Err(SignatureError::UnknownKey),
            (None, [] | [_, _, ..]) => Err(SignatureError::Ambiguous),
            (_, candidates) if candidates.iter().any(|key| key.verifier.verify(message, signature).is_ok()) => Ok(()),
            _ => Err(SignatureError::Wrong),
        }
    }
}

fn verifier(algorithm: &str, jwk: &Jwk) -> Option<Box<dyn JwsVerifier>> {
    fn boxed(verifier: impl JwsVerifier + 'static) -> Box<dyn JwsVerifier> {
        Box::new(verifier)
    }
    match algorithm {
        "RS256" => RS256.verifier_from_jwk(jwk).ok().map(boxed),
        "PS256" => PS256.verifier_from_jwk(jwk).ok().map(boxed),
        "ES256" => ES256.verifier_from_jwk(jwk).ok().map(boxed),
        "EdDSA" => EdDSA.verifier_from_jwk(jwk).ok().map(boxed),
        _ => None,
    }
}

impl Zone {
    /// The keys at `source`, among them the one that a header names, if it is there by now.
    pub(super) async fn client_keys(
        &self,
        source: &KeySource,
        algorithm: &str,
        kid: Option<&str>,
    ) -> Result<KeySet, KeySetError> {
        let read_set = |set: &str| KeySet::read(&serde_json::from_str(set).map_err(|_| KeySetError::NotASet)?);
        let has_key = |set: &KeySet| set.has(algorithm, kid);
        match source {
            KeySource::Set(set) => read_set(set),
            KeySource::Uri(uri) => self.document(uri, KeySet::read, has_key).await,
            KeySource::Document(url) => match self.document(url, |members| read_document(members, url), |_| true).await
            {
                Ok(KeySource::Set(set)) => read_set(&set),
                Ok(KeySource::Uri(uri)) => self.document(&uri, KeySet::read, has_key).await,
                // One document does not name another.
                Ok(KeySource::Document(_)) => Err(KeySetError::Neither),
                Err(KeySetError::Uri(error)) => Err(KeySetError::Document(error)),
                Err(error) => Err(error),
            },
        }
    }
}

/// Client metadata, or protected resource metadata (RFC 9728 section 2), which has a `jwks_uri` too.
fn read_document(members: &Map<String, Value>, url: &str) -> Result<KeySource, KeySetError> {
    if members.get("client_id").is_some_and(|id| id != url) {
        return Err(KeySetError::OtherDocument);
    }
    KeySource::read(members)
}
