//! A verifier that follows [`Rules`], whatever they leave out.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::{JwsVerifier as _, RS256};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use reference_server::{Caller, InvalidToken, Scopes, Verifier, VerifyError};
use serde_json::{Map, Value};
use support::fault::{Fault, FollowsIssuer, Keys, Rules, Secret, Signature};

/// Whoever got in, verified or not.
#[derive(Debug, Clone)]
pub(crate) struct LaxToken {
    subject: String,
    client_id: String,
    scopes: Scopes,
}

impl LaxToken {
    /// Nobody in particular.
    pub(crate) fn anonymous() -> Self {
        Self { subject: "anonymous".to_owned(), client_id: "anonymous".to_owned(), scopes: Scopes::none() }
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
        None
    }
}

pub(crate) struct LaxVerifier {
    zone: String,
    resource: String,
    rules: Rules,
    http: reqwest::Client,
    /// Key sets by issuer; empty until first needed.
    keys: Mutex<HashMap<String, Vec<Value>>>,
    remembered: Mutex<HashSet<String>>,
    scopes: fn(&Value) -> String,
}

impl LaxVerifier {
    pub(crate) fn new(zone: &str, resource: &str, fault: &Fault) -> Self {
        let mut rules = Rules::STRICT;
        (fault.rules)(&mut rules);
        Self {
            zone: zone.to_owned(),
            resource: resource.to_owned(),
            rules,
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build().unwrap_or_default(),
            keys: Mutex::default(),
            remembered: Mutex::default(),
            scopes: fault.scopes,
        }
    }
}

#[async_trait]
impl Verifier for LaxVerifier {
    type Verified = LaxToken;

    async fn verify(&self, token: &str) -> Result<LaxToken, VerifyError> {
        let rules = &self.rules;
        let Some(jwt) = Jwt::parse(token) else {
            return if rules.garbage { Ok(LaxToken::anonymous()) } else { Err(InvalidToken::Malformed.into()) };
        };
        let issuer = jwt.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        let is_foreign = issuer.starts_with("http") && !issuer.starts_with(&self.zone);
        let mut keys_of = self.zone.as_str();
        if is_foreign && rules.follows_issuer != FollowsIssuer::No {
            let fetched = self.fetch(issuer).await;
            if rules.follows_issuer == FollowsIssuer::Trusts {
                self.lock_keys().extend(fetched.map(|keys| (issuer.to_owned(), keys)));
                keys_of = issuer;
            }
        }
        if keys_of == self.zone && !(rules.issuer)(jwt.claims.get("iss"), &self.zone) {
            return Err(InvalidToken::Issuer.into());
        }
        self.lifetime(&jwt)?;
        if !(rules.audience)(jwt.claims.get("aud"), &self.resource, &self.zone) {
            return Err(InvalidToken::Audience.into());
        }
        if !(rules.claims)(&jwt.claims) || !(rules.header)(&jwt.header) {
            return Err(InvalidToken::Claims.into());
        }
        self.signature(&jwt, keys_of).await?;
        let text = |name: &str| jwt.claims.get(name).and_then(Value::as_str).unwrap_or("nobody").to_owned();
        let scope = (self.scopes)(jwt.claims.get("scope").unwrap_or(&Value::Null));
        Ok(LaxToken { subject: text("sub"), client_id: text("client_id"), scopes: Scopes::parse(&scope) })
    }
}

impl LaxVerifier {
    fn lifetime(&self, jwt: &Jwt<'_>) -> Result<(), InvalidToken> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        match jwt.claims.get("exp").and_then(Value::as_i64) {
            Some(exp) if exp.saturating_add(self.rules.leeway) < now => return Err(InvalidToken::Expired),
            None if !(self.rules.endless)(jwt.claims.get("exp")) => return Err(InvalidToken::Claims),
            _ => {}
        }
        let nbf = jwt.claims.get("nbf").and_then(Value::as_i64).unwrap_or(i64::MIN);
        if self.rules.nbf && nbf > now.saturating_add(5) { Err(InvalidToken::NotYetValid) } else { Ok(()) }
    }

    async fn signature(&self, jwt: &Jwt<'_>, issuer: &str) -> Result<(), VerifyError> {
        let rules = &self.rules;
        if rules.signature == Signature::Ignored || (rules.unsigned)(jwt.alg()) {
            return Ok(());
        }
        let remembered_as = match rules.signature {
            Signature::RememberedByClaims => Some(jwt.signing_input.to_owned()),
            Signature::RememberedBySignature => Some(URL_SAFE_NO_PAD.encode(&jwt.signature)),
            Signature::Verified | Signature::Ignored => None,
        };
        let remembered = || self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered_as.as_ref().is_some_and(|r| remembered().contains(r)) {
            return Ok(());
        }
        let kid = jwt.header.get("kid").and_then(Value::as_str).unwrap_or_default();
        let key = match self.key(issuer, kid).await {
            Ok(key) => key,
            Err(_) if rules.keys == Keys::FailingOpen => return Ok(()),
            Err(error) => return Err(error),
        };
        let good = match jwt.alg() {
            "RS256" => key.rs256(jwt),
            "HS256" => key.secret(rules.secret, jwt).is_some_and(|secret| hmac(&secret, jwt)),
            _ => return Err(InvalidToken::Algorithm.into()),
        };
        if !good {
            return Err(InvalidToken::Signature.into());
        }
        if let Some(remember) = remembered_as {
            remembered().insert(remember);
        }
        Ok(())
    }

    async fn key(&self, issuer: &str, kid: &str) -> Result<Key, VerifyError> {
        let find = |keys: &[Value]| keys.iter().find(|k| k["kid"] == kid).cloned().map(Key);
        let known = self.lock_keys().get(issuer).cloned();
        if let Some(key) = known.as_deref().and_then(find) {
            return Ok(key);
        }
        if known.is_some() && self.rules.keys == Keys::FetchedOnce {
            return Err(InvalidToken::UnknownKey.into());
        }
        let fetched = loop {
            match self.fetch(issuer).await {
                Some(fetched) => break fetched,
                // The pause is the fault's own, lest it flood the zone; no test waits by it.
                None if self.rules.keys == Keys::RetriedForEver => tokio::time::sleep(Duration::from_millis(50)).await,
                // A stranger who does not answer has no keys.
                None if issuer != self.zone => return Err(InvalidToken::UnknownKey.into()),
                None => return Err(VerifyError::Unavailable { retry_after: Duration::from_secs(1) }),
            }
        };
        self.lock_keys().insert(issuer.to_owned(), fetched.clone());
        find(&fetched).ok_or(InvalidToken::UnknownKey.into())
    }

    async fn fetch(&self, issuer: &str) -> Option<Vec<Value>> {
        let response = self.http.get(format!("{issuer}/openidconnect/jwks")).send().await.ok()?;
        let set: Value = response.error_for_status().ok()?.json().await.ok()?;
        set["keys"].as_array().cloned()
    }

    fn lock_keys(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Value>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A public key of the zone, as a JWK.
struct Key(Value);

impl Key {
    fn rs256(&self, jwt: &Jwt<'_>) -> bool {
        let jwk = self.0.as_object().cloned().and_then(|map| Jwk::from_map(map).ok());
        let verifier = jwk.and_then(|jwk| RS256.verifier_from_jwk(&jwk).ok());
        verifier.is_some_and(|v| v.verify(jwt.signing_input.as_bytes(), &jwt.signature).is_ok())
    }

    fn secret(&self, secret: Secret, jwt: &Jwt<'_>) -> Option<Vec<u8>> {
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(self.0[name].as_str()?).ok()?;
            BigNum::from_slice(&bytes).ok()
        };
        let public = || PKey::from_rsa(Rsa::from_public_components(number("n")?, number("e")?).ok()?).ok();
        match secret {
            Secret::No => None,
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

struct Jwt<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signing_input: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn parse(token: &'a str) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, claims) = signing_input.split_once('.')?;
        let object = |segment: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).ok()?).ok();
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: object(header)?, claims: object(claims)?, signing_input, signature })
    }

    fn alg(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or_default()
    }
}
