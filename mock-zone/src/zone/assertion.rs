//! Client assertions: a JWT that proves who the client is, signed by itself (`private_key_jwt`, RFC 7523 section 3) or by
//! the platform that it runs on (workload identity).
//!
//! Our choice, since nothing public says what the real zone does: the lifetimes, the algorithms, that an `aud` which names
//! the client itself is refused unless a switch allows it, and that a platform's token, which it gives out once for many
//! requests, is taken as often as it comes.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::SignedDuration;
use openssl::sha::sha256;
use serde_json::{Map, Value};

use super::Zone;
use super::client_keys::{ALGORITHMS, KeySetError, KeySource, SignatureError};
use super::directory::Client;

/// `client_assertion_type` (RFC 7523 section 2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest assertion read.
const LONGEST: usize = 16 * 1024;
/// How far ahead `exp` may be. Each assertion is remembered until then.
const LONGEST_LIFETIME: i64 = 60 * 60;
/// How far the client's clock may be ahead.
const LEEWAY: i64 = 30;
/// The longest `jti`.
const LONGEST_ID: usize = 255;

/// Why an assertion proves nothing. No text repeats anything of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssertionError {
    #[error("client_assertion_type must be {JWT_BEARER} (RFC 7523 section 2.2)")]
    Type,
    #[error("client_assertion_type belongs to a client_assertion, and this request has none")]
    Missing,
    #[error("it must be a JWS in compact form with a JSON header and JSON claims, of at most {LONGEST} bytes")]
    Malformed,
    #[error("its alg must be one of {}", ALGORITHMS.join(", "))]
    Algorithm,
    #[error("its typ must be JWT or client-authentication+jwt, or be left out, and it must have no crit")]
    Header,
    #[error("its iss and sub must both be the client_id, or be those of an application's workload identity")]
    Parties,
    #[error("its issuer is known, but no application has a workload identity with its sub")]
    UnknownWorkload,
    #[error("this client has no keys to verify it with: register jwks or jwks_uri with private_key_jwt")]
    NoKeys,
    #[error("the keys to verify it with cannot be had: {0}")]
    Keys(#[from] KeySetError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("its aud must be {expected} and nothing else")]
    Audience { expected: String },
    #[error("it has expired, or has no exp")]
    Expired,
    #[error("its exp must be at most {LONGEST_LIFETIME} seconds ahead")]
    TooLong,
    #[error("its nbf or iat is in the future")]
    NotYetValid,
    #[error("it needs a jti of 1 to {LONGEST_ID} characters, so that it can be taken once only")]
    NoId,
    #[error("it was used before: make a new one, with a jti of its own, for each request (RFC 7523 section 3)")]
    Replayed,
    #[error("this zone remembers as many unexpired assertions as it can, so it cannot tell that this one is new")]
    Full,
}

/// A platform whose tokens prove which application asks.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) issuer: String,
    pub(crate) subject: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) keys: KeySource,
}

/// What an assertion says, before anything of it is proven.
pub(super) struct Unproven<'a> {
    algorithm: &'static str,
    kid: Option<String>,
    claims: Map<String, Value>,
    input: &'a str,
    signature: Vec<u8>,
}

/// Whom an assertion is about, if it is genuine.
pub(super) enum Asserted {
    /// The client with this id, in its own word.
    Client(String),
    /// This application, in its platform's word.
    Workload(Arc<Client>),
}

impl<'a> Unproven<'a> {
    pub(super) fn read(assertion: &'a str) -> Result<Self, AssertionError> {
        if assertion.len() > LONGEST {
            return Err(AssertionError::Malformed);
        }
        let (input, signature) = assertion.rsplit_once('.').ok_or(AssertionError::Malformed)?;
        let (header, claims) = input.split_once('.').ok_or(AssertionError::Malformed)?;
        let header = object(header)?;
        let claims = object(claims)?;
        let signature = BASE64URL.decode(signature).map_err(|_| AssertionError::Malformed)?;
        let algorithm = ALGORITHMS.into_iter().find(|known| text(&header, "alg") == Some(known));
        let algorithm = algorithm.ok_or(AssertionError::Algorithm)?;
        // An access token has the same form; typ keeps one from being taken for the other.
        let typ = header.get("typ").map(|typ| typ.as_str().unwrap_or("").to_ascii_lowercase());
        if header.contains_key("crit") || !matches!(typ.as_deref(), None | Some("jwt" | "client-authentication+jwt")) {
            return Err(AssertionError::Header);
        }
        let kid = match header.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str().ok_or(AssertionError::Header)?.to_owned()),
        };
        Ok(Self { algorithm, kid, claims, input, signature })
    }

    fn check_audience(&self, allowed: &[&str]) -> Result<(), AssertionError> {
        let named = match self.claims.get("aud") {
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        // Another server among them could present it here.
        let are_allowed = named.iter().all(|aud| aud.as_str().is_some_and(|aud| allowed.contains(&aud)));
        if named.is_empty() || !are_allowed {
            return Err(AssertionError::Audience { expected: allowed.join(" or ") });
        }
        Ok(())
    }

    /// When it expires, if it is valid now.
    fn check_time(&self, now: i64) -> Result<i64, AssertionError> {
        let exp = self.claims.get("exp").and_then(seconds).filter(|exp| *exp > now).ok_or(AssertionError::Expired)?;
        for name in ["nbf", "iat"] {
            if let Some(at) = self.claims.get(name)
                && seconds(at).is_none_or(|at| at > now.saturating_add(LEEWAY) || at > exp)
            {
                return Err(AssertionError::NotYetValid);
            }
        }
        Ok(exp)
    }
}

impl Zone {
    /// Whom the assertion claims to be about.
    pub(super) fn asserted(&self, assertion: &Unproven<'_>) -> Result<Asserted, AssertionError> {
        let party = |name| text(&assertion.claims, name).filter(|party| !party.is_empty());
        let (Some(iss), Some(sub)) = (party("iss"), party("sub")) else {
            return Err(AssertionError::Parties);
        };
        let workload =
            self.with_directory(|directory| directory.is_workload_issuer(iss).then(|| directory.workload(iss, sub)));
        match workload {
            Some(Some(client)) => Ok(Asserted::Workload(client)),
            Some(None) => Err(AssertionError::UnknownWorkload),
            None if iss == sub => Ok(Asserted::Client(iss.to_owned())),
            None => Err(AssertionError::Parties),
        }
    }

    /// Whether the assertion proves to come from `client`, in its own word. It does so once.
    pub(super) async fn prove_client(&self, client: &Client, assertion: &Unproven<'_>) -> Result<(), AssertionError> {
        let source = client.keys.as_ref().ok_or(AssertionError::NoKeys)?;
        let token_endpoint = format!("{}/oauth/2/token", self.issuer);
        let mut audiences = vec![token_endpoint.as_str(), self.issuer.as_str()];
        if self.config.assertion_audience_client_id {
            audiences.push(&client.id);
        }
        assertion.check_audience(&audiences)?;
        let now = self.now().as_second();
        let exp = assertion.check_time(now)?;
        if exp > now.saturating_add(LONGEST_LIFETIME + LEEWAY) {
            return Err(AssertionError::TooLong);
        }
        let id = text(&assertion.claims, "jti").filter(|id| (1..=LONGEST_ID).contains(&id.len()));
        let id = id.ok_or(AssertionError::NoId)?;
        self.verify_assertion(source, assertion).await?;
        // Last, so that nobody but the client can use one up; from here on nothing is waited for.
        self.state().assertions.take(&client.id, id, exp, now)
    }

    /// Whether the assertion is a token that the client's platform gave out for it.
    pub(super) async fn prove_workload(
        &self,
        workload: &Workload,
        assertion: &Unproven<'_>,
    ) -> Result<(), AssertionError> {
        let token_endpoint = format!("{}/oauth/2/token", self.issuer);
        match &workload.audience {
            Some(audience) => assertion.check_audience(&[audience])?,
            None => assertion.check_audience(&[&token_endpoint, self.issuer.as_str()])?,
        }
        assertion.check_time(self.now().as_second())?;
        self.verify_assertion(&workload.keys, assertion).await
    }

    async fn verify_assertion(&self, source: &KeySource, assertion: &Unproven<'_>) -> Result<(), AssertionError> {
        let (algorithm, kid) = (assertion.algorithm, assertion.kid.as_deref());
        let keys = self.client_keys(source, algorithm, kid).await?;
        Ok(keys.verify(algorithm, kid, assertion.input.as_bytes(), &assertion.signature)?)
    }
}

/// The assertions that were taken, each until it expires. A full store refuses, for what it forgot it would take twice.
pub(super) struct Assertions {
    limit: usize,
    taken: HashSet<[u8; 32]>,
    by_expiry: BTreeSet<(i64, [u8; 32])>,
}

impl Assertions {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), taken: HashSet::new(), by_expiry: BTreeSet::new() }
    }

    /// Takes the assertion `id` of a client, unless it was taken before.
    fn take(&mut self, client_id: &str, id: &str, exp: i64, now: i64) -> Result<(), AssertionError> {
        while let Some((expired, hash)) = self.by_expiry.first().copied().filter(|(exp, _)| *exp <= now) {
            self.by_expiry.remove(&(expired, hash));
            self.taken.remove(&hash);
        }
        // Neither part holds a NUL that could be mistaken for the one between them: the length comes first.
        let hash = sha256(format!("{}\0{client_id}\0{id}", client_id.len()).as_bytes());
        if self.taken.contains(&hash) {
            return Err(AssertionError::Replayed);
        }
        if self.taken.len() >= self.limit {
            return Err(AssertionError::Full);
        }
        self.taken.insert(hash);
        self.by_expiry.insert((exp, hash));
        Ok(())
    }
}

fn object(segment: &str) -> Result<Map<String, Value>, AssertionError> {
    let bytes = BASE64URL.decode(segment).map_err(|_| AssertionError::Malformed)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(AssertionError::Malformed),
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

/// A NumericDate in whole seconds.
fn seconds(date: &Value) -> Option<i64> {
    let whole = || SignedDuration::try_from_secs_f64(date.as_f64()?).ok().map(|duration| duration.as_secs());
    date.as_i64().or_else(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::zone::client_keys::KeySet;
    use crate::zone::impersonation::named_user;

    #[test]
    fn an_assertion_is_taken_once_until_it_expires() {
        let mut assertions = Assertions::new(10);

        assert_eq!(assertions.take("a", "1", 100, 50), Ok(()));
        assert_eq!(assertions.take("a", "1", 200, 99), Err(AssertionError::Replayed));
        assert_eq!(assertions.take("b", "1", 100, 99), Ok(()));
        assert_eq!(assertions.take("a", "2", 100, 99), Ok(()));
        assert_eq!(assertions.take("a", "1", 200, 100), Ok(()));
        assert_eq!(assertions.taken.len(), 1);
    }

    #[test]
    fn a_full_store_refuses_and_forgets_nothing() {
        let mut assertions = Assertions::new(2);
        assert_eq!(assertions.take("a", "1", 100, 0), Ok(()));
        assert_eq!(assertions.take("a", "2", 200, 0), Ok(()));

        assert_eq!(assertions.take("a", "3", 300, 99), Err(AssertionError::Full));
        assert_eq!(assertions.take("a", "1", 100, 99), Err(AssertionError::Replayed));
        assert_eq!(assertions.take("a", "3", 300, 100), Ok(()));
    }

    proptest! {
        #[test]
        fn hostile_text_is_read_without_harm(
            text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{0,9}\\.[A-Za-z0-9_-]{0,9}\\.[A-Za-z0-9_-]{0,9}"],
            json in "[\\[{]?\"(alg|kid|exp|aud|keys|kty|n|e|x|crv)\":(\"(RSA|EC|OKP|AQAB|P-256)?\"|[0-9]{1,30}|\\[\\]|\\{\\})[\\]}]?",
        ) {
            let encoded = BASE64URL.encode(&json);
            for text in [text, format!("{encoded}.{encoded}."), format!("{encoded}.{encoded}.{encoded}")] {
                let _ = Unproven::read(&text);
                prop_assert_eq!(named_user(&text), None);
            }
            if let Ok(key) = serde_json::from_str::<Value>(&json) {
                let set = Map::from_iter([("keys".to_owned(), Value::Array(vec![key]))]);
                prop_assert!(KeySet::read(&set).is_err());
            }
        }
    }

    #[test]
    fn dates_may_have_fractions() {
        let read = |text: &str| seconds(&serde_json::from_str(text).unwrap());

        assert_eq!((read("12"), read("12.9")), (Some(12), Some(12)));
        for odd in ["\"12\"", "null", "1e300", "18446744073709551615"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
