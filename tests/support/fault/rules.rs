//! The rules by which the faulty server verifies tokens; each fault relaxes or bends one.

use reference_server::rules::is_same_resource;
use serde_json::Value;

/// What is checked of a token. [`Rules::STRICT`] is the reference server's judgement.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
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
    /// How the key set is fetched, and which of its keys are taken for what.
    pub keys: Keys,
    /// The algorithm of a token that names none.
    pub unnamed: &'static str,
    /// The algorithms that verify a signature, as the header names them.
    pub algorithms: &'static [&'static str],
    /// Whether `crit` is looked at.
    pub crit: bool,
    /// Whether this `typ` (or its absence) passes.
    pub typ: fn(Option<&Value>) -> bool,
    /// Whether the claims that the profile requires are there (RFC 9068 section 2.2).
    pub required: fn(&Claims) -> bool,
    /// How `exp` is read.
    pub exp: fn(&Value) -> Option<i64>,
    /// How a payload is read.
    pub payload: Payload,
    /// Whose keys count besides the zone's.
    pub strangers: Strangers,
    /// Whether a token that was good once is good for good.
    pub remembers: bool,
    /// Whether the zone is asked about each token (RFC 7662).
    pub introspection: Introspection,
}

/// What is made of the zone's word on a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    /// The zone is not asked.
    Unasked,
    /// It is asked each time, and must say that the token is active.
    Asked,
    /// It is asked once for each token.
    AskedOnce,
    /// It is asked each time, and a token passes where there is no answer.
    PassesWithoutAnswer,
}

/// The claims of a token.
pub type Claims = serde_json::Map<String, Value>;

/// How header and payload are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// As JSON in UTF-8; of members with the same name the last counts.
    Strict,
    /// Of members with the same name the first counts.
    FirstOfDoubled,
    /// Bytes that are no UTF-8 are replaced.
    Lossy,
    /// A token within the token counts, its own signature unseen.
    Nested,
}

/// Keys that a token itself brings or names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// They are not looked at.
    Ignored,
    /// `jwk` verifies.
    EmbeddedKey,
    /// `jwk` verifies if it is on the curve P-256.
    EmbeddedCurve,
    /// The first certificate of `x5c` verifies.
    EmbeddedCertificate,
    /// What stands at `jku` verifies.
    KeySetAtUrl,
    /// What stands at `x5u` verifies.
    CertificateAtUrl,
    /// `jku` is fetched, and its keys are not used.
    AskedFor,
    /// A `kid` that is a URL is fetched, and what comes is not used.
    KeyIdAskedFor,
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
    /// What stands in the file that `kid` names: nothing, as in `/dev/null`.
    FileOfKeyId,
}

/// How a signature is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// With the key that `kid` names.
    Verified,
    /// Not at all.
    Ignored,
    /// Only where there is one.
    IgnoredWhereEmpty,
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

/// How the key set is fetched, and which of its keys are taken for what.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// Whether it is fetched again for a `kid` that it lacks.
    pub refetched: bool,
    /// What becomes of a token whose key could not be fetched, given why not.
    pub without: fn(Lack) -> WithoutKey,
    /// The keys of a fetched set that are kept; none where the set is refused.
    pub kept: fn(Vec<Value>) -> Option<Vec<Value>>,
    /// Whether keys of an older set are kept beside those of a newer one.
    pub hoarded: bool,
    /// Whether every second token is verified by a second process, which has a set of its own and fetches it anew only at
    /// the third token of a key that it lacks.
    pub has_slow_twin: bool,
    /// Whether a key of this name is the one that a token names.
    pub named: fn(&str, &str) -> bool,
    /// Whether a key may verify with RS256.
    pub rs256: fn(&Value) -> bool,
    /// Whether an ES256 signature need not be verified.
    pub es256: fn(&[u8]) -> bool,
    /// Whether the zone's metadata says where the keys are; fetched with each set.
    pub metadata: Metadata,
    /// What is asked of the zone's certificate.
    pub certificate: Certificate,
}

/// What is asked of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// That it is the host's, by an authority that is trusted.
    Right,
    /// That it is anybody's, by an authority that is trusted.
    OfAnyHost,
    /// Nothing.
    Any,
}

/// Why there is no key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Another status than 200.
    Status,
    /// No answer in time.
    Late,
    /// No answer at all.
    Broken,
    /// An answer that is too large.
    Oversized,
    /// An answer of another media type than JSON.
    Page,
    /// An answer that is no key set.
    Malformed,
    /// A set without any key.
    Empty,
}

/// What becomes of a token whose key could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutKey {
    /// It is refused.
    Refused,
    /// It passes.
    LetIn,
    /// It is refused, and the next one passes: the fetch went wrong in the background.
    NextLetIn,
    /// It waits while the fetch is tried again, for ever.
    Waits,
}

/// What is made of the zone's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// It is not fetched: the place of the keys is known.
    Unread,
    /// It names the place of the keys, if its issuer is the zone.
    Read,
    /// It names the place of the keys, whatever its issuer.
    Believed,
}

impl Keys {
    /// As in the reference server, but without a bound on its fetches.
    pub const STRICT: Self = Self {
        refetched: true,
        without: |_| WithoutKey::Refused,
        kept: Some,
        hoarded: false,
        has_slow_twin: false,
        named: |own, token| own == token,
        rs256: |key| is_for_signatures(key) && is_for(key, "RS256") && is_long(key),
        es256: |_| false,
        metadata: Metadata::Unread,
        certificate: Certificate::Right,
    };
}

/// Whether `use` of a key, where it has one, is `sig`.
pub fn is_for_signatures(key: &Value) -> bool {
    key.get("use").is_none_or(|usage| usage == "sig")
}

/// Whether `alg` of a key, where it has one, is this.
pub fn is_for(key: &Value, algorithm: &str) -> bool {
    key.get("alg").is_none_or(|alg| alg == algorithm)
}

/// Whether an RSA key has 2048 bits; its modulus has no leading zeros here.
pub fn is_long(key: &Value) -> bool {
    key["n"].as_str().is_some_and(|modulus| modulus.len() >= 342)
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
        keys: Keys::STRICT,
        unnamed: "",
        algorithms: &["RS256"],
        crit: true,
        typ: |typ| matches!(typ.and_then(Value::as_str), Some("at+jwt" | "application/at+jwt")),
        required: |claims| {
            let text = |name| claims.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
            text("sub") && text("client_id") && text("jti") && claims.get("iat").is_some_and(Value::is_number)
        },
        exp: Value::as_i64,
        payload: Payload::Strict,
        strangers: Strangers::Ignored,
        remembers: false,
        introspection: Introspection::Unasked,
    };
}

/// Whether an audience, as string or array, names this resource.
pub fn contains(aud: Option<&Value>, own: &str) -> bool {
    let is_own = |aud: &Value| aud.as_str().is_some_and(|aud| is_same_resource(aud, own));
    match aud {
        Some(Value::Array(all)) => all.iter().any(is_own),
        one => one.is_some_and(is_own),
    }
}
