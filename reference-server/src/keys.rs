//! The zone's keys: found through its metadata, kept for a while, and asked for again with restraint.
//!
//! - One request at a time: whoever needs the set while it is being fetched waits for that fetch.
//! - A `kid` that is not in the set causes a fetch, at a bounded rate ([`BURST`], [`REFILL`]). A
//!   bucket, not one fetch per interval: otherwise a single junk token locks out a rotated key.
//! - A set is fetched again when it is older than [`REFRESH_AFTER`]. While the zone cannot be
//!   reached its keys go on verifying, but never beyond [`MAX_AGE`]; then nobody is let in.
//! - Who has a usable key waits for a fetch for a moment only ([`PATIENCE`]), and not at all once the
//!   zone has failed. That moment is there so that a key which a healthy zone took back is not used again.
//!   Whose `kid` is not in the set, and so most likely in none, waits for a second ([`LONGEST_PATIENCE`]).
//! - A set without a usable key is an answer: nobody is let in, and it is asked for again at the same bounded rate.

use std::{
    collections::HashMap,
    error::Error,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use josekit::{
    jwk::Jwk,
    jws::{ES256, EdDSA, JwsVerifier, PS256, RS256},
};
use serde_json::{Map, Value};
use tokio::{sync::watch, time::timeout};
use url::Url;

use crate::{
    fetch::{FetchError, Fetcher},
    masked::masked,
    ports::Clock,
    rules::Algorithm,
    verify::InvalidToken,
};

/// From this age on, a key set is fetched again when it is needed.
pub const REFRESH_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// From this age on, a key set verifies nothing any more.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(15);
/// How many unknown `kid`s may cause a fetch one after another.
pub const BURST: u32 = 4;
/// How long until one more may.
pub const REFILL: SignedDuration = SignedDuration::from_secs(10);
/// After a failed fetch, how long the zone is left alone.
pub const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// How long a caller with a usable key waits for the fetch that may replace it. Longer than a healthy zone takes.
pub const PATIENCE: Duration = Duration::from_millis(250);
/// How long a caller waits whose `kid` the set in hand lacks; the fetch goes on, for those who ask again. Who comes when
/// there is no set yet waits for as long as the first one takes.
pub const LONGEST_PATIENCE: Duration = Duration::from_secs(1);
/// How long the address of the key set is believed.
const METADATA_MAX_AGE: SignedDuration = SignedDuration::from_hours(1);
/// How many keys of a set are looked at.
const MAX_KEYS: usize = 100;

/// The keys of one zone. Clones share the cache.
#[derive(Clone)]
pub struct ZoneKeys(Arc<Shared>);

struct Shared {
    issuer: String,
    metadata_url: Url,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// Why there is no key.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyError {
    /// The zone has no such key, as far as we may ask now.
    #[error("the zone has no key of this name")]
    Unknown,
    /// The zone's keys cannot be had.
    #[error("the zone's keys cannot be had")]
    Unavailable {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// Why a zone's address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ZoneError {
    /// Not an http(s) URL without query and fragment.
    #[error("`{issuer}` is no issuer: an absolute http or https URL without query and fragment was expected")]
    NotAnIssuer {
        /// The text as given, but for a user and a password.
        issuer: String,
    },
    /// The HTTP client could not be made.
    #[error("could not set up an HTTP client")]
    Client(#[from] reqwest::Error),
}

/// Why a key set was not taken; logged, and never told to a caller.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the metadata names the issuer {found}, and {expected} was asked (RFC 8414 section 3.3)")]
    OtherIssuer { expected: String, found: Value },
    #[error("the metadata names no jwks_uri that is a URL")]
    NoKeySet,
    #[error("the jwks_uri {jwks_uri} has another origin than the issuer")]
    ForeignKeySet { jwks_uri: Url },
    #[error("{jwks_uri} has no `keys` array")]
    NoKeys { jwks_uri: Url },
}

#[derive(Default)]
struct State {
    jwks_uri: Option<(Url, Timestamp)>,
    keys: Option<KeySet>,
    failed_at: Option<Timestamp>,
    bucket: Option<Bucket>,
    in_flight: Option<watch::Receiver<bool>>,
}

struct KeySet {
    by_kid: HashMap<String, Arc<VerificationKey>>,
    fetched_at: Timestamp,
}

impl ZoneKeys {
    /// The keys of the zone `issuer`. Nothing is fetched before a key is needed.
    pub fn new(issuer: &str, clock: Arc<dyn Clock>) -> Result<Self, ZoneError> {
        Ok(Self(Arc::new(Shared {
            metadata_url: metadata_url(issuer).ok_or_else(|| ZoneError::NotAnIssuer { issuer: masked(issuer) })?,
            issuer: issuer.to_owned(),
            fetcher: Fetcher::new()?,
            clock,
            state: Mutex::default(),
        })))
    }

    /// The zone's key of this name, as published.
    pub async fn key(&self, kid: &str) -> Result<Jwk, KeyError> {
        Ok(self.verification_key(kid).await?.jwk().clone())
    }

    /// The zone's key of this name, ready for use.
    pub async fn verification_key(&self, kid: &str) -> Result<Arc<VerificationKey>, KeyError> {
        match self.0.look_up(kid) {
            LookUp::Settled(answer) => answer,
            LookUp::Refresh { mut done, meanwhile } => {
                // An error of this means that the fetch ended without a word; what is known then counts.
                let ended = done.wait_for(|done| *done);
                match meanwhile {
                    Meanwhile::Usable(key) => {
                        if timeout(PATIENCE, ended).await.is_err() {
                            return Ok(key);
                        }
                    }
                    Meanwhile::AnotherSet => {
                        if timeout(LONGEST_PATIENCE, ended).await.is_err() {
                            return Err(KeyError::Unavailable { retry_after: LONGEST_PATIENCE });
                        }
                    }
                    Meanwhile::Nothing => {
                        let _ = ended.await;
                    }
                }
                self.0.after_refresh(kid)
            }
        }
    }
}

enum LookUp {
    Settled(Result<Arc<VerificationKey>, KeyError>),
    /// The set is being fetched.
    Refresh {
        done: watch::Receiver<bool>,
        meanwhile: Meanwhile,
    },
}

/// What there is while the set is being fetched.
enum Meanwhile {
    /// The key, still usable.
    Usable(Arc<VerificationKey>),
    /// A set that lacks it.
    AnotherSet,
    Nothing,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // No invariant spans two fields, so a state left by a panic is still a state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(self: &Arc<Self>, kid: &str) -> LookUp {
        let now = self.clock.now();
        let mut state = self.state();
        let known = state.usable_key(kid, now);
        let fresh = state.age(now).is_some_and(|age| age < REFRESH_AFTER);
        match known {
            Some(key) if fresh => return LookUp::Settled(Ok(key)),
            _ => {}
        }
        let failing = state.failed_at.is_some();
        let has_set = state.age(now).is_some_and(|age| age < MAX_AGE);
        let waiting = |done, known| match known {
            Some(key) if failing => LookUp::Settled(Ok(key)),
            Some(key) => LookUp::Refresh { done, meanwhile: Meanwhile::Usable(key) },
            None if has_set => LookUp::Refresh { done, meanwhile: Meanwhile::AnotherSet },
            None => LookUp::Refresh { done, meanwhile: Meanwhile::Nothing },
        };
        // A receiver whose sender is gone belongs to a fetch that ended without a word.
        if let Some(done) = state.in_flight.as_ref().filter(|done| done.has_changed().is_ok()) {
            return waiting(done.clone(), known);
        }
        if let Some(left) = state.pause_left(now) {
            return LookUp::Settled(known.ok_or(KeyError::Unavailable { retry_after: left }));
        }
        if fresh && !state.bucket.get_or_insert_with(|| Bucket::full(now)).take(now) {
            return LookUp::Settled(Err(state.absence(now)));
        }
        let (finish, done) = watch::channel(false);
        state.in_flight = Some(done.clone());
        drop(state);
        // A task of its own: the caller may hang up, and the others still wait.
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            shared.refresh(now).await;
            finish.send_replace(true);
        });
        waiting(done, known)
    }

    fn after_refresh(&self, kid: &str) -> Result<Arc<VerificationKey>, KeyError> {
        let now = self.clock.now();
        let state = self.state();
        state.usable_key(kid, now).ok_or_else(|| state.absence(now))
    }

    async fn refresh(&self, now: Timestamp) {
        let fetched = self.fetch(now).await;
        let mut state = self.state();
        state.in_flight = None;
        match fetched {
            Ok(by_kid) => {
                state.keys = Some(KeySet { by_kid, fetched_at: now });
                state.failed_at = None;
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer, "the zone's keys were not refreshed: {}", chain(&error));
                // The address may be what is wrong.
                state.jwks_uri = None;
                // Not `now`: the attempt may have taken longer than the zone is to be left alone.
                state.failed_at = Some(self.clock.now());
            }
        }
    }

    async fn fetch(&self, now: Timestamp) -> Result<HashMap<String, Arc<VerificationKey>>, RefreshError> {
        let jwks_uri = self.jwks_uri(now).await?;
        let document = self.fetcher.json(&jwks_uri).await?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or(RefreshError::NoKeys { jwks_uri })?;
        let by_kid = read_keys(keys);
        let is_usable = by_kid.values().any(|key| !key.verifiers.is_empty());
        // One that verifies nothing is an answer too: the zone stands behind the old keys no more.
        Ok(if is_usable { by_kid } else { HashMap::new() })
    }

    async fn jwks_uri(&self, now: Timestamp) -> Result<Url, RefreshError> {
        if let Some((jwks_uri, found_at)) = &self.state().jwks_uri
            && within(*found_at, now, METADATA_MAX_AGE)
        {
            return Ok(jwks_uri.clone());
        }
        let metadata = self.fetcher.json(&self.metadata_url).await?;
        let found = metadata.get("issuer").cloned().unwrap_or_default();
        if found != *self.issuer {
            return Err(RefreshError::OtherIssuer { expected: self.issuer.clone(), found });
        }
        let jwks_uri = metadata
            .get("jwks_uri")
            .and_then(Value::as_str)
            .and_then(|jwks_uri| Url::parse(jwks_uri).ok())
            .ok_or(RefreshError::NoKeySet)?;
        if jwks_uri.origin() != self.metadata_url.origin() {
            return Err(RefreshError::ForeignKeySet { jwks_uri });
        }
        self.state().jwks_uri = Some((jwks_uri.clone(), now));
        Ok(jwks_uri)
    }
}

impl State {
    /// How old the key set is; none also when the clock went back behind its fetch.
    fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        let age = now.duration_since(self.keys.as_ref()?.fetched_at);
        (!age.is_negative()).then_some(age)
    }

    fn usable_key(&self, kid: &str, now: Timestamp) -> Option<Arc<VerificationKey>> {
        self.age(now).filter(|age| *age < MAX_AGE)?;
        self.keys.as_ref()?.by_kid.get(kid).cloned()
    }

    /// What it means that a key is not there: nothing, unless the zone answered when it was last asked, and had any.
    fn absence(&self, now: Timestamp) -> KeyError {
        let has_keys = self.keys.as_ref().is_some_and(|set| !set.by_kid.is_empty());
        if self.failed_at.is_none() && has_keys && self.age(now).is_some_and(|age| age < MAX_AGE) {
            return KeyError::Unknown;
        }
        KeyError::Unavailable { retry_after: self.pause_left(now).unwrap_or(Duration::from_secs(1)) }
    }

    /// How long the zone is still left alone after a failure.
    fn pause_left(&self, now: Timestamp) -> Option<Duration> {
        let failed_at = self.failed_at.filter(|at| within(*at, now, RETRY_AFTER))?;
        (RETRY_AFTER - now.duration_since(failed_at)).try_into().ok()
    }
}

/// Whether less than `limit` has passed since `then`.
fn within(then: Timestamp, now: Timestamp, limit: SignedDuration) -> bool {
    let passed = now.duration_since(then);
    !passed.is_negative() && passed < limit
}

/// Fetches that unknown `kid`s may still cause.
struct Bucket {
    left: u32,
    refilled_at: Timestamp,
}

impl Bucket {
    fn full(now: Timestamp) -> Self {
        Self { left: BURST, refilled_at: now }
    }

    fn take(&mut self, now: Timestamp) -> bool {
        let passed = now.duration_since(self.refilled_at);
        let refills = passed.as_secs() / REFILL.as_secs();
        if refills != 0 {
            // Also when the clock went back: a bucket that waits for the old time would be shut for long.
            let gained = u32::try_from(refills).unwrap_or(1);
            self.left = self.left.saturating_add(gained).min(BURST);
            self.refilled_at = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// RFC 8414 section 3.1: the well-known string goes between the host and the path of the issuer.
pub(crate) fn metadata_url(issuer: &str) -> Option<Url> {
    let mut url = Url::parse(issuer).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return None;
    }
    let path = url.path().trim_end_matches('/');
    let path = format!("/.well-known/oauth-authorization-server{path}");
    url.set_path(&path);
    Some(url)
}

/// The keys that have a name. Those of an unknown kind verify nothing and spoil nothing (RFC 7517 section 5).
fn read_keys(keys: &[Value]) -> HashMap<String, Arc<VerificationKey>> {
    let mut by_kid: HashMap<String, Arc<VerificationKey>> = HashMap::new();
    for key in keys.iter().take(MAX_KEYS) {
        if let Some(key) = key.as_object().and_then(VerificationKey::read)
            && let Some(kid) = key.jwk.key_id()
        {
            // Two keys may share a name when their kinds differ (section 4.5): keep one that verifies.
            let kid = kid.to_owned();
            if by_kid.get(&kid).is_none_or(|other| other.verifiers.is_empty()) {
                by_kid.insert(kid, Arc::new(key));
            }
        }
    }
    by_kid
}

/// A published key, and what it may verify.
#[derive(Debug)]
pub struct VerificationKey {
    jwk: Jwk,
    verifiers: Vec<(Algorithm, Box<dyn JwsVerifier>)>,
}

impl VerificationKey {
    /// The public members of a JWK; others, unknown or private, are left out.
    fn read(members: &Map<String, Value>) -> Option<Self> {
        const PUBLIC: [&str; 10] = ["kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y"];
        let public: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| PUBLIC.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let jwk = Jwk::from_map(public).ok()?;
        let verifiers =
            Algorithm::ALL.into_iter().filter_map(|algorithm| Some((algorithm, verifier(&jwk, algorithm)?))).collect();
        Some(Self { jwk, verifiers })
    }

    /// The key as published.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Checks a signature over `message`, if this key may be used with `algorithm`.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidToken> {
        let (_, verifier) =
            self.verifiers.iter().find(|(usable, _)| *usable == algorithm).ok_or(InvalidToken::UnknownKey)?;
        verifier.verify(message, signature).map_err(|_| InvalidToken::Signature)
    }
}

/// None where the key's kind, `use`, `key_ops`, `alg`, curve or size forbids the algorithm.
fn verifier(jwk: &Jwk, algorithm: Algorithm) -> Option<Box<dyn JwsVerifier>> {
    Some(match algorithm {
        Algorithm::Rs256 if is_strong_rsa(jwk) => Box::new(RS256.verifier_from_jwk(jwk).ok()?),
        Algorithm::Ps256 if is_strong_rsa(jwk) => Box::new(PS256.verifier_from_jwk(jwk).ok()?),
        Algorithm::Rs256 | Algorithm::Ps256 => return None,
        Algorithm::Es256 => Box::new(ES256.verifier_from_jwk(jwk).ok()?),
        Algorithm::EdDsa => Box::new(EdDSA.verifier_from_jwk(jwk).ok()?),
    })
}

/// RFC 7518 section 3.3: 2048 bits or more. josekit counts whole bytes, so 2041 bits would pass there.
fn is_strong_rsa(jwk: &Jwk) -> bool {
    let member = |name| {
        let text = jwk.parameter(name)?.as_str()?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(bytes[zeros..].to_vec())
    };
    let modulus = member("n").unwrap_or_default();
    let exponent = member("e").unwrap_or_default();
    let long = modulus.len() > 256 || (modulus.len() == 256 && modulus[0] & 0x80 != 0);
    // An exponent of 1 would make every message its own signature.
    let odd = exponent.last().is_some_and(|last| last & 1 == 1);
    long && modulus.len() <= 2048 && odd && exponent != [1] && exponent.len() <= 8
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String does not fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::fixture::{A, Answer, B, StandingClock, Zone};

    async fn zone() -> (Zone, ZoneKeys, Arc<StandingClock>) {
        let zone = Zone::start(&[&A]).await;
        let clock = StandingClock::new();
        let keys = ZoneKeys::new(&zone.url, clock.clone()).unwrap();
        (zone, keys, clock)
    }

    fn unavailable<T>(result: &Result<T, KeyError>) -> bool {
        matches!(result, Err(KeyError::Unavailable { .. }))
    }

    #[tokio::test]
    async fn many_who_wait_cause_one_fetch() {
        let (zone, keys, _) = zone().await;
        zone.shut();
        let waiting: Vec<_> = (0..50)
            .map(|_| {
                let keys = keys.clone();
                tokio::spawn(async move { keys.key("a").await.is_ok() })
            })
            .collect();
        while zone.key_requests() == 0 {
            tokio::task::yield_now().await;
        }
        zone.open();
        for waiter in waiting {
            assert!(waiter.await.unwrap());
        }
        assert_eq!((zone.metadata_requests(), zone.key_requests()), (1, 1));
        assert!(keys.key("a").await.is_ok());
        assert_eq!(zone.key_requests(), 1);
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_takes_the_fetch_from_nobody() {
        let (zone, keys, _) = zone().await;
        zone.shut();
        let first = tokio::spawn({
            let keys = keys.clone();
            async move { keys.key("a").await.is_ok() }
        });
        while zone.key_requests() == 0 {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        zone.open();
        assert!(keys.key("a").await.is_ok());
        assert_eq!(zone.key_requests(), 1);
    }

    #[tokio::test]
    async fn unknown_names_cause_fetches_at_a_bounded_rate() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        for n in 0..20 {
            assert!(matches!(keys.key(&format!("junk-{n}")).await, Err(KeyError::Unknown)));
        }
        let burst = 1 + BURST as usize;
        assert_eq!(zone.key_requests(), burst);
        clock.advance(REFILL);
        for n in 0..20 {
            assert!(keys.key(&format!("more-{n}")).await.is_err());
        }
        assert_eq!(zone.key_requests(), burst + 1);
        // The metadata was asked once for all of them.
        assert_eq!(zone.metadata_requests(), 1);
    }

    #[tokio::test]
    async fn a_rotated_key_is_found_at_once_also_behind_a_junk_token() {
        let (zone, keys, _) = zone().await;
        assert!(keys.key("a").await.is_ok());
        assert!(keys.key("junk").await.is_err());
        zone.publish(&[&A, &B]);
        assert!(keys.key("b").await.is_ok());
        assert!(keys.key("a").await.is_ok());
    }

    #[tokio::test]
    async fn a_key_that_is_no_longer_published_is_dropped_with_the_next_fetch() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.publish(&[&B]);
        clock.advance(REFRESH_AFTER - SignedDuration::from_secs(1));
        assert!(keys.key("a").await.is_ok());
        clock.advance(SignedDuration::from_secs(1));
        assert!(matches!(keys.key("a").await, Err(KeyError::Unknown)));
    }

    #[tokio::test]
    async fn an_outage_is_bridged_and_no_longer() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.answer(Answer::Status(500));
        assert!(unavailable(&keys.key("b").await));
        clock.advance(REFRESH_AFTER);
        assert!(keys.key("a").await.is_ok());
        clock.advance(MAX_AGE - REFRESH_AFTER);
        assert!(unavailable(&keys.key("a").await));
        // And heals.
        zone.publish(&[&A]);
        clock.advance(RETRY_AFTER);
        assert!(keys.key("a").await.is_ok());
    }

    #[tokio::test]
    async fn while_the_zone_fails_nobody_is_told_that_a_key_does_not_exist() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.answer(Answer::Status(500));
        // Until the bucket is empty, and beyond.
        for n in 0..3 * BURST {
            assert!(unavailable(&keys.key(&format!("b-{n}")).await));
            clock.advance(RETRY_AFTER);
        }
    }

    #[tokio::test]
    async fn a_zone_that_failed_is_left_alone_for_a_moment() {
        let (zone, keys, clock) = zone().await;
        zone.answer(Answer::Status(503));
        for _ in 0..10 {
            assert!(unavailable(&keys.key("a").await));
        }
        assert_eq!(zone.key_requests(), 1);
        clock.advance(RETRY_AFTER);
        assert!(unavailable(&keys.key("a").await));
        assert_eq!(zone.key_requests(), 2);
    }

    #[tokio::test]
    async fn the_moment_begins_when_the_attempt_has_ended() {
        let (zone, keys, clock) = zone().await;
        zone.answer(Answer::Status(503));
        zone.shut();
        let first = tokio::spawn({
            let keys = keys.clone();
            async move { unavailable(&keys.key("a").await) }
        });
        while zone.key_requests() == 0 {
            tokio::task::yield_now().await;
        }
        clock.advance(RETRY_AFTER + SignedDuration::from_secs(1));
        zone.open();
        assert!(first.await.unwrap());
        assert!(unavailable(&keys.key("a").await));
        assert_eq!(zone.key_requests(), 1);
    }

    #[tokio::test]
    async fn a_zone_that_hangs_delays_nobody_whose_key_is_known() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.answer(Answer::Never);
        clock.advance(REFRESH_AFTER);
        // From here on time passes when everybody waits, and only then.
        tokio::time::pause();
        let began = tokio::time::Instant::now();
        let callers: Vec<_> = (0..10)
            .map(|_| {
                let keys = keys.clone();
                tokio::spawn(async move { keys.key("a").await.is_ok() })
            })
            .collect();
        for caller in callers {
            assert!(caller.await.unwrap());
        }
        assert!(began.elapsed() < PATIENCE * 2, "{:?}", began.elapsed());
        // Who names another key waits longer, and not until the fetch is given up.
        let began = tokio::time::Instant::now();
        assert!(unavailable(&keys.key("b").await));
        assert!(began.elapsed() < LONGEST_PATIENCE + PATIENCE, "{:?}", began.elapsed());
        // The fetch itself goes on until it is given up; then nobody waits any more.
        while keys.0.state().failed_at.is_none() {
            tokio::time::sleep(PATIENCE).await;
        }
        let began = tokio::time::Instant::now();
        assert!(keys.key("a").await.is_ok());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_is_no_key_set_is_no_answer() {
        let elsewhere = Zone::start(&[&A]).await;
        for answer in [
            Answer::Status(404),
            Answer::Text(String::new()),
            Answer::Text("<html>".to_owned()),
            Answer::Text("{\"keys\":[{\"kty\":\"RSA\",".to_owned()),
            Answer::Text("{\"keys\":{}}".to_owned()),
            Answer::Text(format!("[\"{}\"]", "x".repeat(600 * 1024))),
            Answer::Keys(vec![]),
            Answer::Keys(vec![json!({ "kty": "oct", "kid": "a", "k": "AA" })]),
            Answer::RedirectTo(format!("{}/keys", elsewhere.url)),
        ] {
            let (zone, keys, _) = zone().await;
            zone.answer(answer);
            assert!(unavailable(&keys.key("a").await));
        }
        assert_eq!(elsewhere.key_requests(), 0);
    }

    #[tokio::test]
    async fn an_empty_set_takes_the_old_keys_away_and_is_asked_for_again() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.answer(Answer::Keys(vec![]));
        clock.advance(REFRESH_AFTER);
        for _ in 0..2 * BURST {
            assert!(unavailable(&keys.key("a").await));
        }
        assert_eq!(zone.key_requests(), 2 + BURST as usize);
        zone.publish(&[&A]);
        clock.advance(REFILL);
        assert!(keys.key("a").await.is_ok());
    }

    #[tokio::test]
    async fn what_is_no_key_set_takes_nothing_away() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.answer(Answer::Text("{\"error\":\"try again\"}".to_owned()));
        clock.advance(REFRESH_AFTER);
        assert!(keys.key("a").await.is_ok());
    }

    #[tokio::test]
    async fn metadata_of_another_issuer_or_with_keys_elsewhere_is_not_used() {
        let elsewhere = Zone::start(&[&A]).await;
        for patch in [
            json!({ "issuer": elsewhere.url }),
            json!({ "issuer": null }),
            json!({ "issuer": 7 }),
            json!({ "jwks_uri": format!("{}/keys", elsewhere.url) }),
            json!({ "jwks_uri": null }),
            json!({ "jwks_uri": "/keys" }),
            json!({ "jwks_uri": "file:///etc/passwd" }),
        ] {
            let (zone, keys, _) = zone().await;
            zone.patch_metadata(&patch);
            assert!(unavailable(&keys.key("a").await), "{patch}");
            assert_eq!(zone.key_requests(), 0);
        }
        let (zone, keys, _) = zone().await;
        zone.patch_metadata(&json!({ "issuer": format!("{}/", zone.url) }));
        assert!(unavailable(&keys.key("a").await));
        assert_eq!(elsewhere.key_requests(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_that_never_answers_is_given_up() {
        let (zone, keys, _) = zone().await;
        zone.answer(Answer::Never);
        assert!(unavailable(&keys.key("a").await));
    }

    #[tokio::test]
    async fn a_clock_that_went_back_is_no_reason_to_trust_old_keys_for_longer() {
        let (zone, keys, clock) = zone().await;
        assert!(keys.key("a").await.is_ok());
        zone.answer(Answer::Status(500));
        clock.advance(SignedDuration::from_secs(-3600));
        assert!(unavailable(&keys.key("a").await));
        zone.publish(&[&A]);
        clock.advance(RETRY_AFTER);
        assert!(keys.key("a").await.is_ok());
    }

    #[test]
    fn the_metadata_is_where_rfc_8414_puts_it() {
        for (issuer, url) in [
            ("https://z.example", "https://z.example/.well-known/oauth-authorization-server"),
            ("https://z.example/", "https://z.example/.well-known/oauth-authorization-server"),
            ("http://localhost:9400/zones/a", "http://localhost:9400/.well-known/oauth-authorization-server/zones/a"),
        ] {
            assert_eq!(metadata_url(issuer).unwrap().as_str(), url);
        }
        for issuer in
            ["", "z.example", "ftp://z.example", "https://z.example?a", "https://z.example#a", "https://u:p@z.example"]
        {
            assert!(metadata_url(issuer).is_none(), "{issuer}");
        }
    }

    #[test]
    fn an_error_repeats_no_password() {
        let error = ZoneKeys::new("https://u:hidden@z.example", StandingClock::new()).err().unwrap();
        assert!(error.to_string().contains("z.example"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
    }

    proptest! {
        #[test]
        fn no_key_and_no_signature_make_it_panic_or_pass(
            n in "[A-Za-z0-9_-]{0,400}",
            short in "[A-Za-z0-9_-]{0,50}",
            kty in prop::sample::select(&["RSA", "EC", "OKP", "oct", ""]),
            crv in prop::sample::select(&["P-256", "Ed25519", "X25519", "P-384"]),
            signature in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let jwk = json!({ "kty": kty, "kid": "a", "crv": crv, "n": n, "e": short, "x": short, "y": short });
            if let Some(key) = VerificationKey::read(jwk.as_object().unwrap()) {
                for algorithm in Algorithm::ALL {
                    prop_assert!(key.verify(algorithm, b"message", &signature).is_err());
                }
            }
            let real = VerificationKey::read(A.jwk().as_object().unwrap()).unwrap();
            prop_assert!(real.verify(Algorithm::Rs256, b"message", &signature).is_err());
        }
    }
}
