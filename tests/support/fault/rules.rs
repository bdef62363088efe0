//! The rules by which the faulty server verifies tokens; each fault relaxes or bends one.

use serde_json::Value;

/// What is checked of a token. [`Rules::STRICT`] is the reference server's judgement.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Takes what is no JWT at all.
    pub garbage: bool,
    /// Whether a token with this `alg` needs no signature.
    pub unsigned: fn(&str) -> bool,
    /// The HMAC secret that is accepted, if any.
    pub secret: Secret,
    /// How signatures are verified.
    pub signature: Signature,
    /// Seconds after `exp` during which a token is still taken.
    pub leeway: i64,
    /// Whether a token passes that has this in place of a number as `exp`.
    pub endless: fn(Option<&Value>) -> bool,
    /// Whether `nbf` is looked at.
    pub nbf: bool,
    /// Whether this `iss` (or its absence) passes, given the configured one.
    pub issuer: fn(Option<&Value>, &str) -> bool,
    /// Whether keys are fetched from whatever issuer a token names.
    pub follows_issuer: FollowsIssuer,
    /// Whether this `aud` (or its absence) passes, given the resource and the issuer.
    pub audience: fn(Option<&Value>, &str, &str) -> bool,
    /// Whether these claims may be there.
    pub claims: fn(&serde_json::Map<String, Value>) -> bool,
    /// Whether this JOSE header may be there.
    pub header: fn(&serde_json::Map<String, Value>) -> bool,
    /// How the key set is fetched.
    pub keys: Keys,
}

/// An HMAC secret that is taken for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// None.
    No,
    /// The public key as PEM.
    PublicPem,
    /// The public key as PEM without its last line break.
    PublicPemTrimmed,
    /// The public key as DER.
    PublicDer,
    /// The public key as a JWK.
    PublicJwk,
    /// The client id that the token names.
    ClientId,
    /// A word.
    Word(&'static str),
}

/// How a signature is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// With the key that `kid` names.
    Verified,
    /// Not at all.
    Ignored,
    /// Once for each header and payload: a cache that leaves the signature out of its key.
    RememberedByClaims,
    /// Once for each signature: a cache that leaves the rest out of its key.
    RememberedBySignature,
}

/// What happens with a token of another issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowsIssuer {
    /// It is refused without a look-up.
    No,
    /// Its keys are fetched, then it is refused.
    Asks,
    /// Its keys are fetched and trusted.
    Trusts,
}

/// How the key set is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Again on an unknown `kid`; no key means no entry.
    Refetched,
    /// Once.
    FetchedOnce,
    /// As `Refetched`, but an error on the way lets the token pass.
    FailingOpen,
    /// As `Refetched`, but an error on the way is tried again for ever.
    RetriedForEver,
}

impl Rules {
    /// Everything is checked.
    pub const STRICT: Self = Self {
        garbage: false,
        unsigned: |_| false,
        secret: Secret::No,
        signature: Signature::Verified,
        leeway: 5,
        endless: |_| false,
        nbf: true,
        issuer: |iss, own| iss.and_then(Value::as_str) == Some(own),
        follows_issuer: FollowsIssuer::No,
        audience: |aud, own, _| contains(aud, own),
        claims: |_| true,
        header: |_| true,
        keys: Keys::Refetched,
    };
}

/// Whether an audience, as string or array, has this element.
pub fn contains(aud: Option<&Value>, own: &str) -> bool {
    match aud {
        Some(Value::String(one)) => one == own,
        Some(Value::Array(all)) => all.iter().any(|a| a == own),
        _ => false,
    }
}
