//! A verifier that follows [`Rules`], whatever they leave out.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jwk::Jwk;
use josekit::jws::{ES256, JwsVerifier as _};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::Signer;
use openssl::x509::X509;
use reference_server::config::Config;
use reference_server::{Caller, InvalidToken, Scopes, Verifier, VerifyError};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};
use support::fault::{
    Certificate, Fault, FollowsIssuer, Introspection, Lack, Metadata, Payload, Rules, Secret, Signature, Strangers,
    WithoutKey,
};
use tokio::sync::OnceCell;

/// A key set is small.
const DOCUMENT_AT_MOST: usize = 512 * 1024;
/// For how long a document is waited for.
const DOCUMENT_WITHIN: Duration = Duration::from_secs(1);

/// Whoever got in, verified or not.
#[derive(Debug, Clone)]
pub(crate) struct LaxToken {
    subject: String,
    client_id: String,
    scopes: Scopes,
    token_id: Option<String>,
    session: Option<String>,
}

impl LaxToken {
    /// Nobody in particular.
    pub(crate) fn anonymous() -> Self {
        Self {
            subject: "anonymous".to_owned(),
            client_id: "anonymous".to_owned(),
            scopes: Scopes::none(),
            token_id: None,
            session: None,
        }
    }
}

impl Caller for LaxToken {
    fn subject(&self) -> &str {
        &self.subject
    }

    fn client_id(&self) -> &str {
        &self.client_id
    }

    fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

pub(crate) struct LaxVerifier {
    zone: String,
    resource: String,
    rules: Rules,
    http: reqwest::Client,
    /// Key sets by issuer; empty until first needed.
    keys: Mutex<HashMap<String, Vec<Value>>>,
    /// Whether the last fetch of the key set failed.
    has_failed: AtomicBool,
    /// The slow twin's key sets.
    twin: Mutex<HashMap<String, Vec<Value>>>,
    /// The tokens that were verified.
    tokens: AtomicUsize,
    /// How often the slow twin lacked the key of a name.
    lacked: Mutex<HashMap<String, usize>>,
    remembered: Mutex<HashSet<String>>,
    /// Who the server is to its zone, where it asks about tokens: a client's id and secret.
    client: OnceCell<(String, String)>,
    scopes: fn(&Value) -> String,
}

impl LaxVerifier {
    pub(crate) fn new(zone: &str, config: &Config, fault: &Fault) -> Self {
        let mut rules = Rules::STRICT;
        (fault.rules)(&mut rules);
        let client = config.credentials.as_ref().map(|own| (own.client_id.clone(), own.secret().to_owned()));
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(DOCUMENT_WITHIN)
            .tls_danger_accept_invalid_hostnames(rules.keys.certificate == Certificate::OfAnyHost)
            .tls_danger_accept_invalid_certs(rules.keys.certificate == Certificate::Any);
        Self {
            zone: zone.to_owned(),
            resource: config.resource().identifier().to_owned(),
            rules,
            http: http.build().unwrap_or_default(),
            keys: Mutex::default(),
            has_failed: AtomicBool::new(false),
            twin: Mutex::default(),
            tokens: AtomicUsize::new(0),
            lacked: Mutex::default(),
            remembered: Mutex::default(),
            client: OnceCell::new_with(client),
            scopes: fault.scopes,
        }
    }
}

#[async_trait]
impl Verifier for LaxVerifier {
    type Verified = LaxToken;

    async fn verify(&self, token: &str) -> Result<LaxToken, VerifyError> {
        let rules = &self.rules;
        let Some(jwt) = Jwt::parse(token, rules) else {
            return if rules.garbage { Ok(LaxToken::anonymous()) } else { Err(InvalidToken::Malformed.into()) };
        };
        if !rules.remembers || !self.is_remembered(token) {
            self.judge(&jwt).await?;
            self.introspect(token).await?;
        }
        if rules.remembers {
            self.remember(token);
        }
        let text = |name: &str| jwt.claims.get(name).and_then(Value::as_str).unwrap_or("nobody").to_owned();
        let scope = (self.scopes)(jwt.claims.get("scope").unwrap_or(&Value::Null));
        let optional = |name: &str| jwt.claims.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(LaxToken {
            subject: text("sub"),
            client_id: text("client_id"),
            scopes: Scopes::parse(&scope),
            token_id: optional("jti"),
            session: optional("sid"),
        })
    }
}

impl LaxVerifier {
    async fn judge(&self, jwt: &Jwt<'_>) -> Result<(), VerifyError> {
        let rules = &self.rules;
        if !(rules.typ)(jwt.header.get("typ")) {
            return Err(InvalidToken::TokenType.into());
        }
        if rules.crit && jwt.header.contains_key("crit") {
            return Err(InvalidToken::Critical.into());
        }
        let issuer = jwt.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        let is_foreign = issuer.starts_with("http") && !issuer.starts_with(&self.zone);
        let mut keys_of = self.zone.as_str();
        if is_foreign && rules.follows_issuer != FollowsIssuer::No {
            let fetched = self.fetch(issuer).await;
            if rules.follows_issuer == FollowsIssuer::Trusts {
                lock(&self.keys).extend(fetched.ok().map(|keys| (issuer.to_owned(), keys)));
                keys_of = issuer;
            }
        }
        if keys_of == self.zone && !(rules.issuer)(jwt.claims.get("iss"), &self.zone) {
            return Err(InvalidToken::Issuer.into());
        }
        self.lifetime(jwt)?;
        if !(rules.audience)(jwt.claims.get("aud"), &self.resource, &self.zone) {
            return Err(InvalidToken::Audience.into());
        }
        if !(rules.claims)(&jwt.claims) || !(rules.header)(&jwt.header) || !(rules.required)(&jwt.claims) {
            return Err(InvalidToken::Claims.into());
        }
        self.signature(jwt, keys_of).await
    }

    /// Asks the zone whether the token is active.
    async fn introspect(&self, token: &str) -> Result<(), VerifyError> {
        let how = self.rules.introspection;
        let is_known = how == Introspection::AskedOnce && self.is_remembered(token);
        if how == Introspection::Unasked || is_known {
            return Ok(());
        }
        match self.is_active(token).await {
            Some(true) => {
                self.remember(token);
                Ok(())
            }
            Some(false) => Err(InvalidToken::Claims.into()),
            None if how == Introspection::PassesWithoutAnswer => Ok(()),
            None => Err(VerifyError::Unavailable { retry_after: Duration::from_secs(1) }),
        }
    }

    /// What the zone says; none where it says nothing.
    async fn is_active(&self, token: &str) -> Option<bool> {
        let client = self.client.get_or_try_init(|| async {
            let made = self.told("clients", &json!({"name": "Server that asks about tokens"})).await?;
            let text = |name: &str| made[name].as_str().map(str::to_owned).ok_or(());
            let (id, secret) = (text("client_id")?, text("client_secret")?);
            // The zone speaks of a token to who provides what it is for.
            self.told("resources", &json!({"identifier": self.resource, "application": id})).await?;
            Ok::<_, ()>((id, secret))
        });
        let (id, secret) = client.await.ok()?;
        let asked = self.http.post(format!("{}/oauth/2/introspection", self.zone)).basic_auth(id, Some(secret));
        let answer = asked.form(&[("token", token)]).send().await.ok()?.error_for_status().ok()?;
        answer.json::<Value>().await.ok()?["active"].as_bool()
    }

    /// What the zone answers to an addition to what it knows.
    async fn told(&self, of: &str, what: &Value) -> Result<Value, ()> {
        let told = self.http.post(format!("{}/_control/{of}", self.zone)).json(what).send().await.map_err(drop)?;
        told.error_for_status().map_err(drop)?.json().await.map_err(drop)
    }

    fn is_remembered(&self, what: &str) -> bool {
        lock(&self.remembered).contains(what)
    }

    fn remember(&self, what: &str) {
        lock(&self.remembered).insert(what.to_owned());
    }

    /// Whether the slow twin has not been asked for the key of this name often enough to fetch its set anew.
    fn is_patient_with(&self, kid: &str) -> bool {
        let mut lacked = lock(&self.lacked);
        let times = lacked.entry(kid.to_owned()).or_default();
        *times += 1;
        *times < 3
    }

    fn lifetime(&self, jwt: &Jwt<'_>) -> Result<(), InvalidToken> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        match jwt.claims.get("exp").and_then(self.rules.exp) {
            Some(exp) if exp.saturating_add(self.rules.leeway) <= now => return Err(InvalidToken::Expired),
            None if !(self.rules.endless)(jwt.claims.get("exp")) => return Err(InvalidToken::Claims),
            _ => {}
        }
        let nbf = jwt.claims.get("nbf").and_then(Value::as_i64).unwrap_or(i64::MIN);
        if self.rules.nbf && nbf > now.saturating_add(5) { Err(InvalidToken::NotYetValid) } else { Ok(()) }
    }

    async fn signature(&self, jwt: &Jwt<'_>, issuer: &str) -> Result<(), VerifyError> {
        let rules = &self.rules;
        let is_ignored = match rules.signature {
            Signature::Ignored => true,
            Signature::IgnoredWhereEmpty => jwt.signature.is_empty() && jwt.alg() == "RS256",
            _ => false,
        };
        let kid = jwt.header.get("kid").and_then(Value::as_str).unwrap_or_default();
        let is_of_file = rules.secret == Secret::FileOfKeyId && kid.ends_with("/dev/null") && hmac(b"", jwt);
        if is_ignored || is_of_file || (rules.unsigned)(jwt.alg()) || self.stranger_vouches(jwt).await {
            return Ok(());
        }
        let remembered_as = match rules.signature {
            Signature::RememberedByClaims => Some(jwt.signing_input.to_owned()),
            Signature::RememberedBySignature => Some(URL_SAFE_NO_PAD.encode(&jwt.signature)),
            Signature::Verified | Signature::Ignored | Signature::IgnoredWhereEmpty => None,
        };
        if remembered_as.as_ref().is_some_and(|r| self.is_remembered(r)) {
            return Ok(());
        }
        let Some(key) = self.key(issuer, kid).await? else { return Ok(()) };
        let alg = if jwt.header.contains_key("alg") { jwt.alg() } else { rules.unnamed };
        let good = match alg {
            "ES256" => key.es256(jwt) || (rules.keys.es256)(&jwt.signature),
            "HS256" => key.secret(rules.secret, jwt).is_some_and(|secret| hmac(&secret, jwt)),
            alg if !rules.algorithms.contains(&alg) => return Err(InvalidToken::Algorithm.into()),
            "RS256" => (rules.keys.rs256)(&key.0) && key.rs256(jwt),
            other => key.rsa().is_some_and(|public| rsa(&public, other, jwt)),
        };
        if !good {
            return Err(InvalidToken::Signature.into());
        }
        if let Some(remembered) = remembered_as {
            self.remember(&remembered);
        }
        Ok(())
    }

    /// Whether a key that the token brings or names verifies it, where such keys count.
    async fn stranger_vouches(&self, jwt: &Jwt<'_>) -> bool {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let verifies = |key: Option<PKey<Public>>| key.is_some_and(|key| rsa(&key, "RS256", jwt));
        match self.rules.strangers {
            Strangers::Ignored => false,
            Strangers::EmbeddedKey => verifies(jwt.header.get("jwk").cloned().and_then(|jwk| Key(jwk).rsa())),
            Strangers::EmbeddedCurve => jwt.header.get("jwk").cloned().is_some_and(|jwk| Key(jwk).es256(jwt)),
            Strangers::EmbeddedCertificate => {
                let first = text(jwt.header.get("x5c").and_then(|chain| chain.get(0)));
                let der = STANDARD.decode(first).unwrap_or_default();
                verifies(X509::from_der(&der).ok().and_then(|certificate| certificate.public_key().ok()))
            }
            Strangers::CertificateAtUrl => {
                let pem = self.get(&text(jwt.header.get("x5u"))).await.unwrap_or_default();
                verifies(X509::from_pem(&pem).ok().and_then(|certificate| certificate.public_key().ok()))
            }
            Strangers::KeySetAtUrl => {
                let set = self.get(&text(jwt.header.get("jku"))).await.unwrap_or_default();
                let set: Value = serde_json::from_slice(&set).unwrap_or_default();
                verifies(set["keys"].get(0).cloned().and_then(|jwk| Key(jwk).rsa()))
            }
            Strangers::AskedFor => {
                self.get(&text(jwt.header.get("jku"))).await;
                false
            }
            Strangers::KeyIdAskedFor => {
                self.get(&text(jwt.header.get("kid"))).await;
                false
            }
        }
    }

    async fn get(&self, url: &str) -> Option<Vec<u8>> {
        let response = self.http.get(url).send().await.ok()?;
        response.bytes().await.ok().map(|body| body.to_vec())
    }

    /// The key of this name; none where the token is to pass without one.
    async fn key(&self, issuer: &str, kid: &str) -> Result<Option<Key>, VerifyError> {
        let rules = self.rules.keys;
        let is_named = |key: &Value| key["kid"].as_str().is_some_and(|own| (rules.named)(own, kid));
        let find = |keys: &[Value]| keys.iter().find(|key| is_named(key)).cloned().map(Key);
        let is_twin = rules.has_slow_twin && self.tokens.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        let sets = if is_twin { &self.twin } else { &self.keys };
        let known = lock(sets).get(issuer).cloned();
        if let Some(key) = known.as_deref().and_then(find) {
            return Ok(Some(key));
        }
        if known.is_some() && (!rules.refetched || (is_twin && self.is_patient_with(kid))) {
            return Err(InvalidToken::UnknownKey.into());
        }
        let mut fetched = loop {
            let lack = match self.fetch(issuer).await {
                Ok(fetched) => break fetched,
                // A stranger who does not answer has no keys.
                Err(_) if issuer != self.zone => return Err(InvalidToken::UnknownKey.into()),
                Err(lack) => lack,
            };
            match (rules.without)(lack) {
                WithoutKey::Refused => return Err(VerifyError::Unavailable { retry_after: Duration::from_secs(1) }),
                WithoutKey::NextLetIn if !self.has_failed.swap(true, Ordering::Relaxed) => {
                    return Err(InvalidToken::UnknownKey.into());
                }
                WithoutKey::LetIn | WithoutKey::NextLetIn => return Ok(None),
                // The pause is the fault's own, lest it flood the zone; no test waits by it.
                WithoutKey::Waits => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        self.has_failed.store(false, Ordering::Relaxed);
        if rules.hoarded {
            fetched.extend(known.into_iter().flatten());
        }
        lock(sets).insert(issuer.to_owned(), fetched.clone());
        find(&fetched).map(Some).ok_or(InvalidToken::UnknownKey.into())
    }

    async fn fetch(&self, issuer: &str) -> Result<Vec<Value>, Lack> {
        let place = if self.rules.keys.metadata == Metadata::Unread {
            format!("{issuer}/openidconnect/jwks")
        } else {
            let metadata = self.document(&format!("{issuer}/.well-known/oauth-authorization-server")).await?;
            if self.rules.keys.metadata == Metadata::Read && metadata["issuer"] != issuer {
                return Err(Lack::Malformed);
            }
            metadata["jwks_uri"].as_str().ok_or(Lack::Malformed)?.to_owned()
        };
        let set = self.document(&place).await?;
        let keys = set["keys"].as_array().cloned().ok_or(Lack::Malformed)?;
        if keys.is_empty() {
            return Err(Lack::Empty);
        }
        (self.rules.keys.kept)(keys).ok_or(Lack::Malformed)
    }

    async fn document(&self, url: &str) -> Result<Value, Lack> {
        let lack = |error: reqwest::Error| if error.is_timeout() { Lack::Late } else { Lack::Broken };
        let mut response = self.http.get(url).send().await.map_err(lack)?;
        if response.status() != http::StatusCode::OK {
            return Err(Lack::Status);
        }
        let media_type = response.headers().get(http::header::CONTENT_TYPE).cloned();
        if !media_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json")) {
            return Err(Lack::Page);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lack)? {
            body.extend_from_slice(&chunk);
            if body.len() > DOCUMENT_AT_MOST {
                return Err(Lack::Oversized);
            }
        }
        serde_json::from_slice(&body).map_err(|_| Lack::Malformed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A public key of the zone, as a JWK.
struct Key(Value);

impl Key {
    /// Whether the signature is right; whether the key is for this is the rules' business.
    fn rs256(&self, jwt: &Jwt<'_>) -> bool {
        let verified = || {
            let key = self.rsa()?;
            let mut verifier = openssl::sign::Verifier::new(MessageDigest::sha256(), &key).ok()?;
            verifier.verify_oneshot(&jwt.signature, jwt.signing_input.as_bytes()).ok()
        };
        verified().unwrap_or(false)
    }

    fn es256(&self, jwt: &Jwt<'_>) -> bool {
        let jwk = self.0.as_object().cloned().and_then(|map| Jwk::from_map(map).ok());
        let verifier = jwk.and_then(|jwk| ES256.verifier_from_jwk(&jwk).ok());
        verifier.is_some_and(|v| v.verify(jwt.signing_input.as_bytes(), &jwt.signature).is_ok())
    }

    fn rsa(&self) -> Option<PKey<Public>> {
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(self.0[name].as_str()?).ok()?;
            BigNum::from_slice(&bytes).ok()
        };
        PKey::from_rsa(Rsa::from_public_components(number("n")?, number("e")?).ok()?).ok()
    }

    fn secret(&self, secret: Secret, jwt: &Jwt<'_>) -> Option<Vec<u8>> {
        let public = || self.rsa();
        match secret {
            // A file is looked at before any key.
            Secret::No | Secret::FileOfKeyId => None,
            Secret::PublicPem => public()?.public_key_to_pem().ok(),
            Secret::PublicPemTrimmed => Some(public()?.public_key_to_pem().ok()?.trim_ascii_end().to_vec()),
            Secret::PublicDer => public()?.public_key_to_der().ok(),
            Secret::PublicJwk => Some(self.0.to_string().into_bytes()),
            Secret::ClientId => Some(jwt.claims.get("client_id")?.as_str()?.as_bytes().to_vec()),
            Secret::Word(word) => Some(word.as_bytes().to_vec()),
        }
    }
}

fn hmac(secret: &[u8], jwt: &Jwt<'_>) -> bool {
    // OpenSSL takes no empty key; HMAC pads a key with zeros (RFC 2104 section 2), so that one zero is the same.
    let signed = PKey::hmac(if secret.is_empty() { &[0] } else { secret }).and_then(|key| {
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.sign_oneshot_to_vec(jwt.signing_input.as_bytes())
    });
    signed.is_ok_and(|signature| signature == jwt.signature)
}

/// Verifies with an RSA key, under one of the algorithms that a fault may take.
fn rsa(key: &PKey<Public>, alg: &str, jwt: &Jwt<'_>) -> bool {
    let digest = if alg == "RS1" { MessageDigest::sha1() } else { MessageDigest::sha256() };
    let verified = openssl::sign::Verifier::new(digest, key).and_then(|mut verifier| {
        if alg == "PS256" {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        }
        verifier.verify_oneshot(&jwt.signature, jwt.signing_input.as_bytes())
    });
    verified.unwrap_or(false)
}

struct Jwt<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signing_input: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn parse(token: &'a str, rules: &Rules) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, claims) = signing_input.split_once('.')?;
        let decoded = |segment: &str| URL_SAFE_NO_PAD.decode(segment).ok();
        let object = |bytes: &[u8]| match rules.payload {
            Payload::FirstOfDoubled => serde_json::from_slice(bytes).ok().map(|FirstOfDoubled(members)| members),
            Payload::Lossy => serde_json::from_str(&String::from_utf8_lossy(bytes)).ok(),
            Payload::Strict | Payload::Nested => serde_json::from_slice(bytes).ok(),
        };
        let claims = decoded(claims)?;
        let inner = || {
            let inner = String::from_utf8(claims.clone()).ok()?;
            object(&decoded(inner.split('.').nth(1)?)?)
        };
        let outer = object(&claims);
        let claims = if rules.payload == Payload::Nested { outer.or_else(inner) } else { outer };
        let signature = decoded(signature)?;
        Some(Self { header: object(&decoded(header)?)?, claims: claims?, signing_input, signature })
    }

    fn alg(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A JSON object of which the first of two members with the same name counts.
struct FirstOfDoubled(Map<String, Value>);

impl<'de> Deserialize<'de> for FirstOfDoubled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Map::new()))
    }
}

impl<'de> Visitor<'de> for FirstOfDoubled {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            self.0.entry(name).or_insert(value);
        }
        Ok(self)
    }
}
