//! Tokens as the suite makes them: an accepted one with one thing changed, signed in every wrong way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::alg::rsassa::{RsassaJwsAlgorithm, RsassaJwsSigner};
use josekit::jws::{ES512, EdDSA, HS256, HS384, JwsSigner, PS512};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::x509::{X509, X509Name};
use serde_json::{Map, Value};

/// A compact JWS taken apart. What is not a JWS (an opaque token) has no parts, and its checks do not apply.
#[derive(Debug, Clone)]
pub struct Token {
    /// As it goes into the header.
    pub compact: String,
    /// JOSE header.
    pub header: Map<String, Value>,
    /// Claims.
    pub claims: Map<String, Value>,
}

impl Token {
    /// Takes a compact JWS apart, without judging it.
    pub fn parse(compact: &str) -> Option<Self> {
        let mut segments = compact.split('.');
        let (header, claims) = (object(segments.next()?)?, object(segments.next()?)?);
        segments.next()?;
        if segments.next().is_some() {
            return None;
        }
        Some(Self { compact: compact.to_owned(), header, claims })
    }

    /// The same token with something changed, yet to be signed.
    #[must_use]
    pub fn but(&self, change: impl FnOnce(&mut Draft)) -> Draft {
        let mut draft = Draft { header: self.header.clone(), claims: self.claims.clone() };
        change(&mut draft);
        draft
    }

    /// The scopes of the `scope` claim.
    pub fn scopes(&self) -> Vec<String> {
        let claim = self.claims.get("scope").and_then(Value::as_str).unwrap_or_default();
        claim.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    /// The three segments.
    pub fn segments(&self) -> (&str, &str, &str) {
        let mut parts = self.compact.splitn(3, '.');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }

    /// The same header and signature over claims of which one was changed.
    #[must_use]
    pub fn with_tampered_claims(&self, change: impl FnOnce(&mut Draft)) -> String {
        let draft = self.but(change);
        let (header, _, signature) = self.segments();
        format!("{header}.{}.{signature}", encode(&draft.claims))
    }

    /// The same token with one bit of the decoded signature flipped, never one of base64url's unused last bits.
    #[must_use]
    pub fn with_flipped_signature(&self) -> Option<String> {
        let (header, claims, signature) = self.segments();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let middle = bytes.len() / 2;
        *bytes.get_mut(middle)? ^= 1;
        Some(format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}

/// A token that has yet to be signed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// JOSE header.
    pub header: Map<String, Value>,
    /// Claims.
    pub claims: Map<String, Value>,
}

impl Draft {
    /// Sets a claim.
    pub fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.insert(name.to_owned(), value.into());
    }

    /// Takes a claim out.
    pub fn without_claim(&mut self, name: &str) {
        self.claims.remove(name);
    }

    /// Makes these all the scopes; without any there is no `scope` claim, since its grammar has no empty list
    /// (RFC 6749 section 3.3).
    pub fn scopes(&mut self, scopes: &[String]) {
        if scopes.is_empty() {
            self.without_claim("scope");
        } else {
            self.claim("scope", scopes.join(" "));
        }
    }

    /// Sets a header parameter.
    pub fn header(&mut self, name: &str, value: impl Into<Value>) {
        self.header.insert(name.to_owned(), value.into());
    }

    /// Takes a header parameter out.
    pub fn without_header(&mut self, name: &str) {
        self.header.remove(name);
    }

    /// The token with this text as its third segment.
    pub fn with_signature(&self, signature: &str) -> String {
        format!("{}.{signature}", self.signing_input())
    }

    /// The token signed with HMAC and SHA-256, whatever its `alg` says.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn signed_with_secret(&self, secret: &[u8]) -> Result<String, ForgeError> {
        // OpenSSL itself, since josekit rightly refuses a short secret. HMAC pads a key with zeros (RFC 2104 section
        // 2), so that one zero is as good as the empty key, which OpenSSL does not take.
        let key = PKey::hmac(if secret.is_empty() { &[0] } else { secret })?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        let signature = signer.sign_oneshot_to_vec(self.signing_input().as_bytes())?;
        Ok(self.with_signature(&URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The token signed with a key of ours.
    ///
    /// # Errors
    /// josekit's.
    pub fn signed_with_key(&self, key: &ForeignKey) -> Result<String, ForgeError> {
        self.signed_by(&key.signer()?)
    }

    /// The token under a fresh key of this algorithm, which `alg` names.
    ///
    /// # Errors
    /// josekit's.
    pub fn signed_by_stranger(mut self, stranger: Stranger) -> Result<String, ForgeError> {
        let signer = stranger.signer()?;
        self.header("alg", stranger.name());
        self.signed_by(&*signer)
    }

    fn signed_by(&self, signer: &dyn JwsSigner) -> Result<String, ForgeError> {
        let signature = signer.sign(self.signing_input().as_bytes())?;
        Ok(self.with_signature(&URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signing_input(&self) -> String {
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }
}

/// An RSA key that no zone has.
#[derive(Debug)]
pub struct ForeignKey {
    pair: RsaKeyPair,
}

impl ForeignKey {
    /// Makes a key of 2048 bits; takes some 50 ms, so not on a thread that serves others.
    ///
    /// # Errors
    /// josekit's.
    pub fn generate() -> Result<Self, ForgeError> {
        Ok(Self { pair: RsaKeyPair::generate(2048)? })
    }

    /// The public half as a JWK, under this name.
    pub fn public_jwk(&self, kid: &str) -> Value {
        let mut jwk = self.pair.to_jwk_public_key();
        jwk.set_key_id(kid);
        Value::Object(jwk.into())
    }

    /// A certificate for this key that nobody but itself vouches for, valid for a day.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn certificate(&self) -> Result<X509, ForgeError> {
        let key = PKey::private_key_from_der(&self.pair.to_der_private_key())?;
        let mut name = X509Name::builder()?;
        name.append_entry_by_text("CN", "conformance.example")?;
        let name = name.build();
        let mut certificate = X509::builder()?;
        certificate.set_version(2)?;
        certificate.set_serial_number(&*BigNum::from_u32(1)?.to_asn1_integer()?)?;
        certificate.set_subject_name(&name)?;
        certificate.set_issuer_name(&name)?;
        certificate.set_pubkey(&key)?;
        certificate.set_not_before(&*Asn1Time::days_from_now(0)?)?;
        certificate.set_not_after(&*Asn1Time::days_from_now(1)?)?;
        certificate.sign(&key, MessageDigest::sha256())?;
        Ok(certificate.build())
    }

    fn signer(&self) -> Result<RsassaJwsSigner, ForgeError> {
        Ok(RsassaJwsAlgorithm::Rs256.signer_from_der(self.pair.to_der_private_key())?)
    }
}

/// A key that no zone has, of an algorithm that a zone does not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// HMAC with SHA-256 under 64 random bytes.
    Hs256,
    /// HMAC with SHA-384 under 64 random bytes.
    Hs384,
    /// RSASSA-PSS with SHA-512, 2048 bits.
    Ps512,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519.
    EdDsa,
}

impl Stranger {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Hs256, Self::Hs384, Self::Ps512, Self::Es512, Self::EdDsa];

    /// Its name in `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Ps512 => "PS512",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    fn signer(self) -> Result<Box<dyn JwsSigner>, ForgeError> {
        let mut secret = [0; 64];
        openssl::rand::rand_bytes(&mut secret)?;
        Ok(match self {
            Self::Hs256 => Box::new(HS256.signer_from_bytes(secret)?),
            Self::Hs384 => Box::new(HS384.signer_from_bytes(secret)?),
            Self::Ps512 => Box::new(PS512.signer_from_der(PS512.generate_key_pair(2048)?.to_der_private_key())?),
            Self::Es512 => Box::new(ES512.signer_from_der(ES512.generate_key_pair()?.to_der_private_key())?),
            Self::EdDsa => {
                Box::new(EdDSA.signer_from_der(EdDSA.generate_key_pair(EdCurve::Ed25519)?.to_der_private_key())?)
            }
        })
    }
}

/// Why a token could not be made; always our own fault.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// From josekit.
    #[error(transparent)]
    Jose(#[from] josekit::JoseError),
    /// From OpenSSL.
    #[error(transparent)]
    OpenSsl(#[from] openssl::error::ErrorStack),
}

fn encode(object: &Map<String, Value>) -> String {
    // Maps with string keys always serialise.
    URL_SAFE_NO_PAD.encode(Value::Object(object.clone()).to_string())
}

fn object(segment: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(segment).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Token {
        let draft = Draft {
            header: json!({"alg": "HS256", "kid": "k"}).as_object().unwrap().clone(),
            claims: json!({"sub": "alice"}).as_object().unwrap().clone(),
        };
        Token::parse(&draft.signed_with_secret(b"x").unwrap()).unwrap()
    }

    #[test]
    fn one_thing_is_changed_and_the_rest_kept() {
        let token = sample();
        let tampered = token.with_tampered_claims(|t| t.claim("sub", "mallory"));
        let tampered = Token::parse(&tampered).unwrap();
        assert_eq!(tampered.claims["sub"], "mallory");
        assert_eq!(tampered.header, token.header);
        assert_eq!(tampered.segments().2, token.segments().2);
    }

    #[test]
    fn a_flipped_signature_decodes_to_other_bytes() {
        let token = sample();
        let flipped = Token::parse(&token.with_flipped_signature().unwrap()).unwrap();
        let decode = |t: &Token| URL_SAFE_NO_PAD.decode(t.segments().2).unwrap();
        assert_ne!(decode(&token), decode(&flipped));
    }

    #[test]
    fn an_opaque_token_has_no_parts() {
        assert!(Token::parse("opaque").is_none());
        assert!(Token::parse("a.b.c").is_none());
        assert!(Token::parse("e30.e30.x.y").is_none());
    }
}
