//! How applications prove who they are besides by a secret, and which clients the zone learns from their own documents.

use serde_json::Value;

/// Where the public keys are that an application's assertions are verified with.
#[derive(Debug, Clone)]
pub enum ClientKeys {
    /// Here: a JWK set (RFC 7517 section 5) of public keys.
    Jwks(Value),
    /// At this URL, as a JWK set.
    JwksUri(String),
    /// Named by the document at the `client_id`, which is a URL: client metadata or protected resource metadata, with
    /// `jwks` or `jwks_uri`. What Keycard calls a credential of type `url`.
    Document,
}

/// A platform whose tokens an application presents instead of a credential of its own: Kubernetes, a cloud, a CI system.
/// What Keycard calls a credential of type `token`.
#[derive(Debug, Clone)]
pub struct WorkloadIdentity {
    /// The `iss` of the platform's tokens.
    pub issuer: String,
    /// Their `sub`; `None` takes every token of the issuer.
    pub subject: Option<String>,
    /// The `aud` they must have; `None` takes the zone's issuer or token endpoint.
    pub audience: Option<String>,
    /// The platform's keys: [`ClientKeys::Jwks`] or [`ClientKeys::JwksUri`].
    pub keys: ClientKeys,
}

/// Client-id metadata documents: clients whose `client_id` is a URL at which the zone reads what they are.
#[derive(Debug, Clone)]
pub struct Cimd {
    /// Whether any are read.
    pub enabled: bool,
    /// Whose: an exact URL, an origin in which one `_` stands for one label (`https://_.example.com`), or `_` for all.
    pub allowed_client_ids: Vec<String>,
}

impl Default for Cimd {
    fn default() -> Self {
        Self { enabled: true, allowed_client_ids: vec!["_".to_owned()] }
    }
}
