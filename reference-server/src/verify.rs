//! From a bearer token to a [`VerifiedToken`], which nothing else can make.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    jws::CompactJws,
    keys::{KeyError, ZoneKeys},
    ports::Clock,
    rules::{self, Algorithm, Identity, TokenTypes},
    scopes::Scopes,
};

/// Says whether a token is good here.
#[async_trait]
pub trait Verifier: Send + Sync + 'static {
    /// What a good token becomes.
    type Verified: Caller;

    /// Verifies `token`, which is of the Bearer scheme's characters and otherwise unknown.
    async fn verify(&self, token: &str) -> Result<Self::Verified, VerifyError>;
}

/// What the layer, the tools and the audit trail need to know about who calls.
pub trait Caller: Clone + Send + Sync + 'static {
    /// For whom the call is made.
    fn subject(&self) -> &str;
    /// The OAuth client that makes it.
    fn client_id(&self) -> &str;
    /// What the token permits.
    fn scopes(&self) -> &Scopes;
    /// The token's own name (`jti`), never the token.
    fn token_id(&self) -> Option<&str>;
    /// The sign-in that the token comes from (`sid`).
    fn session(&self) -> Option<&str> {
        None
    }
}

/// Why there is no caller.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The token is not good here.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// Nobody can say now; ask again.
    #[error("the zone's keys cannot be had")]
    Unavailable {
        /// When.
        retry_after: Duration,
    },
}

/// What is wrong with a token. Nothing of the token is in here, so nothing of it can get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidToken {
    /// No JWT in compact form.
    Malformed,
    /// `alg` is absent or not allowed.
    Algorithm,
    /// `typ` is not that of an access token.
    TokenType,
    /// `crit` is there.
    Critical,
    /// `iss` is not the zone.
    Issuer,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `aud` does not name this resource.
    Audience,
    /// A claim is absent or of the wrong type.
    Claims,
    /// No key of the zone has this `kid`, or none that may verify this.
    UnknownKey,
    /// The signature is wrong.
    Signature,
}

impl InvalidToken {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Malformed,
        Self::Algorithm,
        Self::TokenType,
        Self::Critical,
        Self::Issuer,
        Self::Expired,
        Self::NotYetValid,
        Self::Audience,
        Self::Claims,
        Self::UnknownKey,
        Self::Signature,
    ];

    /// The sentence for `error_description`: printable ASCII without quote and backslash.
    pub fn description(self) -> &'static str {
        match self {
            Self::Malformed => "the token is not a well-formed JWT",
            Self::Algorithm => "the token is signed with an algorithm that is not accepted",
            Self::TokenType => "the token is not typed as an access token (at+jwt)",
            Self::Critical => "the token has a critical header parameter that is not understood",
            Self::Issuer => "the token was issued by another authorization server",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::Audience => "the token was issued for another resource",
            Self::Claims => "the token lacks a claim or has one of the wrong type",
            Self::UnknownKey => "the token is signed with a key that is not known",
            Self::Signature => "the signature of the token is wrong",
        }
    }

    /// One word for the audit trail.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::TokenType => "token_type",
            Self::Critical => "token_critical_parameter",
            Self::Issuer => "token_issuer",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Audience => "token_audience",
            Self::Claims => "token_claims",
            Self::UnknownKey => "token_unknown_key",
            Self::Signature => "token_signature",
        }
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for InvalidToken {}

/// Proof that signature, issuer, audience, lifetime and type of a token were checked.
#[derive(Clone, Debug)]
pub struct VerifiedToken(Arc<Identity>);

impl Caller for VerifiedToken {
    fn subject(&self) -> &str {
        self.0.subject()
    }

    fn client_id(&self) -> &str {
        self.0.client_id()
    }

    fn scopes(&self) -> &Scopes {
        self.0.scopes()
    }

    fn token_id(&self) -> Option<&str> {
        self.0.token_id()
    }

    fn session(&self) -> Option<&str> {
        self.0.session()
    }
}

/// Verifies the access tokens that one zone issues for one resource.
pub struct ZoneVerifier {
    issuer: String,
    resource: String,
    keys: ZoneKeys,
    clock: Arc<dyn Clock>,
    algorithms: Vec<Algorithm>,
    token_types: TokenTypes,
    warned_of_type: AtomicBool,
}

impl ZoneVerifier {
    /// Accepts tokens of `issuer` for `resource`, signed with RS256 and typed `at+jwt`.
    pub fn new(issuer: &str, resource: &str, keys: ZoneKeys, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            resource: resource.to_owned(),
            keys,
            clock,
            algorithms: vec![Algorithm::Rs256],
            token_types: TokenTypes::default(),
            warned_of_type: AtomicBool::new(false),
        }
    }

    /// Accepts exactly these algorithms.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: algorithms.into_iter().collect(), ..self }
    }

    /// Accepts these types.
    #[must_use]
    pub fn with_token_types(self, token_types: TokenTypes) -> Self {
        Self { token_types, ..self }
    }

    fn token_type(&self, jws: &CompactJws<'_>) -> Result<(), InvalidToken> {
        let refused = rules::token_type(&jws.header, self.token_types);
        // Nobody has verified this token, so it is a hint, and given once.
        if refused.is_err()
            && rules::token_type(&jws.header, TokenTypes::AlsoUntyped).is_ok()
            && rules::issuer(&jws.claims, &self.issuer).is_ok()
            && !self.warned_of_type.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                issuer = self.issuer,
                "a token was refused because it is typed JWT or not at all, and access tokens are typed at+jwt \
                 (RFC 9068). If this zone issues all of its tokens so, set ACCEPT_UNTYPED_TOKENS=true or \
                 --accept-untyped-tokens; this is said once"
            );
        }
        refused
    }
}

#[async_trait]
impl Verifier for ZoneVerifier {
    type Verified = VerifiedToken;

    /// Cheap rules first, and the key last: a token that is not for us never causes a look-up.
    async fn verify(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        let jws = CompactJws::parse(token)?;
        let algorithm = rules::algorithm(&jws.header, &self.algorithms)?;
        self.token_type(&jws)?;
        rules::critical(&jws.header)?;
        rules::issuer(&jws.claims, &self.issuer)?;
        rules::lifetime(&jws.claims, self.clock.now())?;
        rules::audience(&jws.claims, &self.resource)?;
        let caller = Identity::read(&jws.claims)?;
        let kid = rules::key_id(&jws.header)?;
        let key = self.keys.verification_key(kid).await?;
        key.verify(algorithm, jws.signing_input.as_bytes(), &jws.signature)?;
        Ok(VerifiedToken(Arc::new(caller)))
    }
}

impl From<KeyError> for VerifyError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Self::Invalid(InvalidToken::UnknownKey),
            KeyError::Unavailable { retry_after, .. } => Self::Unavailable { retry_after },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{A, ALMOST, Answer, B, Log, NOW, RESOURCE, SHORT, StandingClock, Zone, with};

    async fn zone() -> (Zone, ZoneVerifier) {
        let zone = Zone::start(&[&A]).await;
        let verifier = verifier_for(&zone.url);
        (zone, verifier)
    }

    fn verifier_for(issuer: &str) -> ZoneVerifier {
        let clock = StandingClock::new();
        let keys = ZoneKeys::new(issuer, clock.clone()).unwrap();
        ZoneVerifier::new(issuer, RESOURCE, keys, clock)
    }

    fn refusal(result: Result<VerifiedToken, VerifyError>) -> InvalidToken {
        match result {
            Err(VerifyError::Invalid(why)) => why,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_good_token_says_who_calls() {
        let (zone, verifier) = zone().await;
        let claims = with(zone.claims(), &json!({ "scope": "b a" }));
        let caller = verifier.verify(&A.token(&claims)).await.unwrap();
        assert_eq!(caller.subject(), "alice");
        assert_eq!(caller.client_id(), "ua:1");
        assert_eq!(caller.scopes(), &Scopes::parse("b a"));
        assert_eq!(caller.token_id(), Some("t-1"));
        assert_eq!(caller.session(), Some("s-1"));
    }

    #[tokio::test]
    async fn each_claim_that_is_wrong_is_refused_before_a_key_is_looked_for() {
        use InvalidToken::{Audience, Claims, Expired, Issuer, NotYetValid};
        let (zone, verifier) = zone().await;
        let slash = format!("{}/", zone.url);
        let shouting = zone.url.to_uppercase();
        let cases = [
            (json!({ "iss": null }), Issuer),
            (json!({ "iss": "http://other.example" }), Issuer),
            (json!({ "iss": slash }), Issuer),
            (json!({ "iss": shouting }), Issuer),
            (json!({ "iss": [zone.url] }), Issuer),
            (json!({ "iss": "" }), Issuer),
            (json!({ "exp": null }), Claims),
            (json!({ "exp": NOW - 600 }), Expired),
            (json!({ "exp": NOW - 5 }), Expired),
            (json!({ "exp": -1 }), Expired),
            (json!({ "exp": (NOW + 60).to_string() }), Claims),
            (json!({ "exp": true }), Claims),
            (json!({ "exp": "2099-01-01T00:00:00Z" }), Claims),
            (json!({ "nbf": NOW + 600 }), NotYetValid),
            (json!({ "nbf": NOW + 6 }), NotYetValid),
            (json!({ "nbf": "0" }), Claims),
            (json!({ "iat": "0" }), Claims),
            (json!({ "iat": null }), Claims),
            (json!({ "aud": null }), Audience),
            (json!({ "aud": "" }), Audience),
            (json!({ "aud": [] }), Audience),
            (json!({ "aud": 7 }), Audience),
            (json!({ "aud": zone.url }), Audience),
            (json!({ "aud": "http://localhost:8080" }), Audience),
            (json!({ "aud": "http://localhost:8080/mcp/" }), Audience),
            (json!({ "aud": "http://localhost:8080/mcp2" }), Audience),
            (json!({ "aud": "https://localhost:8080/mcp" }), Audience),
            (json!({ "aud": "http://localhost:8080/MCP" }), Audience),
            (json!({ "aud": "http://localhost:8080@other.example/mcp" }), Audience),
            (json!({ "aud": "http://localhost:8080/mcp?a=b" }), Audience),
            (json!({ "aud": ["http://localhost:8000/mcp"] }), Audience),
            (json!({ "aud": [RESOURCE, 7] }), Audience),
            (json!({ "aud": { "a": RESOURCE } }), Audience),
            (json!({ "sub": null }), Claims),
            (json!({ "sub": "" }), Claims),
            (json!({ "sub": 7 }), Claims),
            (json!({ "client_id": null }), Claims),
            (json!({ "client_id": ["ua:1"] }), Claims),
            (json!({ "scope": ["reports:read"] }), Claims),
            (json!({ "scope": 7 }), Claims),
            (json!({ "jti": 7 }), Claims),
            (json!({ "jti": null }), Claims),
        ];
        for (patch, why) in cases {
            let token = A.token(&with(zone.claims(), &patch));
            assert_eq!(refusal(verifier.verify(&token).await), why, "{patch}");
        }
        assert_eq!(zone.key_requests(), 0);
    }

    #[tokio::test]
    async fn claims_that_are_null_are_not_absent() {
        let (zone, verifier) = zone().await;
        for name in ["iss", "aud", "exp", "nbf", "iat", "sub", "client_id", "scope"] {
            let mut claims = zone.claims();
            claims[name] = Value::Null;
            assert!(verifier.verify(&A.token(&claims)).await.is_err(), "{name}");
        }
    }

    #[tokio::test]
    async fn what_a_token_may_say_besides_does_no_harm() {
        let (zone, verifier) = zone().await;
        for patch in [
            json!({ "aud": [RESOURCE] }),
            json!({ "aud": "HTTP://LOCALHOST:8080/mcp" }),
            json!({ "aud": ["http://other.example", RESOURCE] }),
            json!({ "exp": NOW - 4 }),
            json!({ "exp": 4_102_444_800.5 }),
            json!({ "nbf": NOW + 5, "iat": NOW + 5 }),
            json!({ "nbf": NOW, "sid": null }),
            json!({ "x": [1, { "y": false }], "z": "\u{e4}", "act": { "sub": "b" } }),
            json!({ "scope": "" }),
        ] {
            let token = A.token(&with(zone.claims(), &patch));
            assert!(verifier.verify(&token).await.is_ok(), "{patch}");
        }
    }

    #[tokio::test]
    async fn each_header_that_is_wrong_is_refused_before_a_key_is_looked_for() {
        use InvalidToken::{Algorithm, Critical, TokenType, UnknownKey};
        let (zone, verifier) = zone().await;
        let cases = [
            (json!({ "alg": null }), Algorithm),
            (json!({ "alg": "none" }), Algorithm),
            (json!({ "alg": "nOnE" }), Algorithm),
            (json!({ "alg": "" }), Algorithm),
            (json!({ "alg": "HS256" }), Algorithm),
            (json!({ "alg": "PS256" }), Algorithm),
            (json!({ "alg": "rs256" }), Algorithm),
            (json!({ "alg": "RS1" }), Algorithm),
            (json!({ "alg": ["RS256"] }), Algorithm),
            (json!({ "typ": null }), TokenType),
            (json!({ "typ": "JWT" }), TokenType),
            (json!({ "typ": "" }), TokenType),
            (json!({ "typ": "id_token+jwt" }), TokenType),
            (json!({ "typ": "dpop+jwt" }), TokenType),
            (json!({ "typ": 7 }), TokenType),
            (json!({ "crit": ["x-suite"], "x-suite": 1 }), Critical),
            (json!({ "crit": [] }), Critical),
            (json!({ "crit": ["b64"], "b64": true }), Critical),
            (json!({ "crit": "exp" }), Critical),
            (json!({ "kid": null }), UnknownKey),
            (json!({ "kid": "" }), UnknownKey),
            (json!({ "kid": 7 }), UnknownKey),
            (json!({ "kid": "k".repeat(2048) }), UnknownKey),
        ];
        for (patch, why) in cases {
            let header = with(json!({ "alg": "RS256", "typ": "at+jwt", "kid": "a" }), &patch);
            let token = A.sign(header.to_string().as_bytes(), zone.claims().to_string().as_bytes());
            assert_eq!(refusal(verifier.verify(&token).await), why, "{patch}");
        }
        assert_eq!(zone.key_requests(), 0);
    }

    #[tokio::test]
    async fn the_media_type_may_be_long_and_in_any_case_and_unknown_parameters_are_ignored() {
        let (zone, verifier) = zone().await;
        for patch in [
            json!({ "typ": "application/at+jwt" }),
            json!({ "typ": "AT+JWT" }),
            json!({ "x-suite": { "a": 1 } }),
            json!({ "jku": "http://127.0.0.1:9/", "x5u": "http://127.0.0.1:9/", "x5c": ["AA=="], "jwk": B.jwk() }),
        ] {
            let header = with(json!({ "alg": "RS256", "typ": "at+jwt", "kid": "a" }), &patch);
            let token = A.sign(header.to_string().as_bytes(), zone.claims().to_string().as_bytes());
            assert!(verifier.verify(&token).await.is_ok(), "{patch}");
        }
    }

    #[tokio::test]
    async fn an_untyped_token_is_accepted_only_where_that_was_asked_for() {
        let (zone, verifier) = zone().await;
        let verifier = verifier.with_token_types(TokenTypes::AlsoUntyped);
        for (header, accepted) in [
            (json!({ "alg": "RS256", "kid": "a" }), true),
            (json!({ "alg": "RS256", "kid": "a", "typ": "JWT" }), true),
            (json!({ "alg": "RS256", "kid": "a", "typ": "dpop+jwt" }), false),
        ] {
            let token = A.sign(header.to_string().as_bytes(), zone.claims().to_string().as_bytes());
            assert_eq!(verifier.verify(&token).await.is_ok(), accepted, "{header}");
        }
    }

    #[tokio::test]
    async fn who_runs_the_server_is_told_once_that_the_zone_may_not_type_its_tokens() {
        let (zone, verifier) = zone().await;
        let log = Log::default();
        let _here = log.listen();
        let refuse = async |typ: Value, issuer: &str| {
            let header = with(json!({ "alg": "RS256", "kid": "a" }), &json!({ "typ": typ }));
            let claims = with(zone.claims(), &json!({ "iss": issuer }));
            let token = A.sign(header.to_string().as_bytes(), claims.to_string().as_bytes());
            assert_eq!(refusal(verifier.verify(&token).await), InvalidToken::TokenType);
        };
        // To neither of these the setting is an answer.
        refuse(json!("dpop+jwt"), &zone.url).await;
        refuse(json!("JWT"), "http://other.example").await;
        assert_eq!(log.text(), "");
        for _ in 0..3 {
            refuse(json!("JWT"), &zone.url).await;
            refuse(Value::Null, &zone.url).await;
        }
        assert_eq!(log.text().matches("ACCEPT_UNTYPED_TOKENS").count(), 1, "{}", log.text());
        assert!(log.text().contains("WARN"), "{}", log.text());
    }

    #[tokio::test]
    async fn a_doubled_member_is_refused_whichever_comes_last() {
        let (zone, verifier) = zone().await;
        let claims = zone.claims().to_string();
        let header = r#"{"alg":"RS256","typ":"at+jwt","kid":"a"}"#;
        for member in [r#""aud":"x""#, r#""iss":"x""#, r#""exp":1"#, r#""sub":"alice""#] {
            let last = claims.replacen('}', &format!(",{member}}}"), 1);
            let first = claims.replacen('{', &format!("{{{member},"), 1);
            for claims in [last, first] {
                let token = A.sign(header.as_bytes(), claims.as_bytes());
                assert_eq!(refusal(verifier.verify(&token).await), InvalidToken::Malformed, "{claims}");
            }
        }
        assert!(verifier.verify(&A.sign(header.as_bytes(), claims.as_bytes())).await.is_ok());
        for header in [
            r#"{"alg":"RS256","typ":"at+jwt","kid":"a","alg":"none"}"#,
            r#"{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"a"}"#,
            r#"{"kid":"b","alg":"RS256","typ":"at+jwt","kid":"a"}"#,
        ] {
            let token = A.sign(header.as_bytes(), claims.as_bytes());
            assert_eq!(refusal(verifier.verify(&token).await), InvalidToken::Malformed, "{header}");
        }
    }

    #[tokio::test]
    async fn only_the_zones_key_of_that_name_verifies() {
        let (zone, verifier) = zone().await;
        let claims = zone.claims().to_string();
        let header = br#"{"alg":"RS256","typ":"at+jwt","kid":"a"}"#;
        // Another key under the name of a real one, with and without itself in the header.
        let forged = B.sign(header, claims.as_bytes());
        assert_eq!(refusal(verifier.verify(&forged).await), InvalidToken::Signature);
        let own = with(json!({ "alg": "RS256", "typ": "at+jwt", "kid": "a" }), &json!({ "jwk": B.jwk() }));
        let forged = B.sign(own.to_string().as_bytes(), claims.as_bytes());
        assert_eq!(refusal(verifier.verify(&forged).await), InvalidToken::Signature);
        // Under its own name, which the zone does not know.
        assert_eq!(refusal(verifier.verify(&B.token(&zone.claims())).await), InvalidToken::UnknownKey);
    }

    #[tokio::test]
    async fn a_changed_claim_or_signature_is_noticed() {
        let (zone, verifier) = zone().await;
        let good = A.token(&zone.claims());
        let other = A.token(&with(zone.claims(), &json!({ "sub": "bob" })));
        let segments: Vec<_> = good.split('.').collect();
        let others: Vec<_> = other.split('.').collect();
        let mut signature = URL_SAFE_NO_PAD.decode(segments[2]).unwrap();
        signature[17] ^= 1;
        let flipped = URL_SAFE_NO_PAD.encode(&signature);
        for forged in [
            format!("{}.{}.{}", segments[0], others[1], segments[2]),
            format!("{}.{}.{}", segments[0], segments[1], others[2]),
            format!("{}.{}.{flipped}", segments[0], segments[1]),
            format!("{}.{}.", segments[0], segments[1]),
        ] {
            assert_eq!(refusal(verifier.verify(&forged).await), InvalidToken::Signature);
        }
        assert!(verifier.verify(&good).await.is_ok());
    }

    #[tokio::test]
    async fn a_key_that_is_short_or_meant_for_something_else_verifies_nothing() {
        let (zone, verifier) = zone().await;
        let encryption = with(B.jwk(), &json!({ "use": "enc" }));
        let other_algorithm = with(B.jwk(), &json!({ "kid": "ps", "alg": "PS256" }));
        let other_operation = with(B.jwk(), &json!({ "kid": "ops", "key_ops": ["encrypt"] }));
        let plain = with(B.jwk(), &json!({ "kid": "plain", "use": null, "alg": null, "x-more": { "a": [1] } }));
        zone.answer(Answer::Keys(vec![
            json!({ "kty": "XYZ", "kid": "odd" }),
            json!({ "kty": "RSA", "kid": "no-n", "e": "AQAB" }),
            json!({ "kty": "EC", "crv": "P-999", "kid": "curve", "x": "AA", "y": "AA" }),
            json!("no key"),
            json!({ "kid": "no-kty" }),
            A.jwk(),
            SHORT.jwk(),
            ALMOST.jwk(),
            encryption,
            other_algorithm,
            other_operation,
            plain,
        ]));
        let signed = |key: &crate::fixture::Key, kid: &str| {
            let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid }).to_string();
            key.sign(header.as_bytes(), zone.claims().to_string().as_bytes())
        };
        assert!(verifier.verify(&signed(&A, "a")).await.is_ok());
        assert!(verifier.verify(&signed(&B, "plain")).await.is_ok());
        for (key, kid) in [(&SHORT, "short"), (&ALMOST, "almost"), (&B, "b"), (&B, "ps"), (&B, "ops")] {
            assert_eq!(refusal(verifier.verify(&signed(key, kid)).await), InvalidToken::UnknownKey, "{kid}");
        }
    }

    #[tokio::test]
    async fn a_kid_is_told_apart_by_its_letter_case() {
        let (zone, verifier) = zone().await;
        let upper = with(A.jwk(), &json!({ "kid": "Key-A" }));
        let lower = with(B.jwk(), &json!({ "kid": "key-a" }));
        zone.answer(Answer::Keys(vec![upper, lower]));
        for (key, kid) in [(&A, "Key-A"), (&B, "key-a")] {
            let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid }).to_string();
            let token = key.sign(header.as_bytes(), zone.claims().to_string().as_bytes());
            assert!(verifier.verify(&token).await.is_ok(), "{kid}");
        }
    }

    #[tokio::test]
    async fn no_key_means_no_answer_rather_than_yes() {
        let verifier = verifier_for("http://127.0.0.1:9");
        let token = A.token(&crate::fixture::claims("http://127.0.0.1:9"));
        assert!(matches!(verifier.verify(&token).await, Err(VerifyError::Unavailable { .. })));
    }

    /// A value of a kind that claims have, of which some are right.
    fn value(zone: &str) -> impl Strategy<Value = Value> + use<> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            Just(json!("RS256")),
            Just(json!("at+jwt")),
            Just(json!("a")),
            Just(json!(zone)),
            Just(json!(RESOURCE)),
            Just(json!(NOW + 60)),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..3).prop_map(|map| json!(map)),
            ]
        })
    }

    const HEADER: [&str; 5] = ["alg", "typ", "kid", "crit", "jwk"];
    const CLAIMS: [&str; 10] = ["iss", "aud", "exp", "nbf", "iat", "sub", "client_id", "scope", "jti", "sid"];

    /// The rules once more, in as few words as possible.
    fn is_true(header: &Value, claims: &Value, zone: &str) -> bool {
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let optional = |value: &Value, is: fn(&Value) -> bool| value.is_null() || is(value);
        let names_us = |audience: &Value| match audience {
            Value::Array(all) => all.iter().all(Value::is_string) && all.contains(&json!(RESOURCE)),
            one => *one == RESOURCE,
        };
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
        let now = NOW as f64;
        header["alg"] == "RS256"
            && header["typ"] == "at+jwt"
            && header["kid"] == "a"
            && header["crit"].is_null()
            && claims["iss"] == zone
            && names_us(&claims["aud"])
            && claims["exp"].as_f64().is_some_and(|exp| now < exp + rules::LEEWAY_SECONDS)
            && (claims["nbf"].is_null() || claims["nbf"].as_f64().is_some_and(|nbf| now >= nbf - rules::LEEWAY_SECONDS))
            && claims["iat"].is_number()
            && ["sub", "client_id", "jti"].iter().all(|name| text(&claims[name]))
            && ["scope", "sid"].iter().all(|name| optional(&claims[name], Value::is_string))
    }

    #[test]
    fn only_a_true_token_passes_whatever_it_is_made_of() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (zone, verifier) = runtime.block_on(zone());
        // Which of the two has a member is all that tells them apart.
        let members = prop::sample::select(HEADER.iter().chain(&CLAIMS).copied().collect::<Vec<_>>());
        let changes = prop::collection::vec((members, value(&zone.url)), 0..3);
        let forged = prop::option::of(prop::collection::vec(any::<u8>(), 0..300));
        let passed = Cell::new(0);
        proptest!(ProptestConfig::with_cases(1000), |(changes in changes, forged in forged)| {
            let mut header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "a" });
            let mut claims = zone.claims();
            for (name, value) in changes {
                let changed = if HEADER.contains(&name) { &mut header } else { &mut claims };
                *changed = with(changed.clone(), &json!({ name: value }));
            }
            let mut token = A.sign(header.to_string().as_bytes(), claims.to_string().as_bytes());
            if let Some(forged) = &forged {
                token.truncate(token.rfind('.').unwrap() + 1);
                token.push_str(&URL_SAFE_NO_PAD.encode(forged));
            }
            let verified = runtime.block_on(verifier.verify(&token));
            prop_assert_eq!(verified.is_ok(), forged.is_none() && is_true(&header, &claims, &zone.url));
            passed.set(passed.get() + usize::from(verified.is_ok()));
        });
        // Not because all were refused.
        assert!(passed.get() > 0);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_pass(text in "[ -~]{0,200}") {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            prop_assert!(runtime.block_on(verifier_for("http://127.0.0.1:9").verify(&text)).is_err());
        }
    }
}
