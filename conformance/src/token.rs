//! Tokens as the suite makes them: an accepted one with one thing changed, signed in every wrong way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{self, JwsSigner};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::{X509, X509Name};
use serde_json::{Map, Value, json};

/// A token, and where it is a compact JWS, that taken apart. An opaque one has no parts, and checks of these do not apply.
#[derive(Debug, Clone)]
pub struct Token {
    /// As it goes into the header.
    pub compact: String,
    /// JOSE header; empty where the token is opaque.
    pub header: Map<String, Value>,
    /// Claims; empty where the token is opaque.
    pub claims: Map<String, Value>,
}

impl Token {
    /// Takes any token: apart where it is a compact JWS, else as a whole.
    pub fn read(text: &str) -> Self {
        let opaque = || Self { compact: text.to_owned(), header: Map::new(), claims: Map::new() };
        Self::parse(text).unwrap_or_else(opaque)
    }

    /// Whether it is a compact JWS with claims, and not opaque to us. A header without `alg` is none (RFC 7515 section
    /// 4.1.1).
    pub fn is_jwt(&self) -> bool {
        self.header.contains_key("alg")
    }

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
        if !self.is_jwt() {
            return None;
        }
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

    /// The token signed with a key of ours, by the algorithm that its header names; one that needs no RSA key gets a fresh
    /// key of its own kind.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn signed_with_key(&self, key: &ForeignKey) -> Result<String, ForgeError> {
        let alg = self.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let signature = key.sign(alg, self.signing_input().as_bytes())?;
        Ok(self.with_signature(&URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signing_input(&self) -> String {
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }
}

/// A key pair of the suite's own, which no zone has; one may be told to publish its public half.
#[derive(Debug)]
pub struct ForeignKey {
    pair: PKey<Private>,
}

impl ForeignKey {
    /// Makes an RSA key of 2048 bits; takes some 50 ms, so not on a thread that serves others.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn generate() -> Result<Self, ForgeError> {
        Self::rsa(2048)
    }

    /// Makes an RSA key of this size, which may be too short for anybody.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn rsa(bits: u32) -> Result<Self, ForgeError> {
        Ok(Self { pair: PKey::from_rsa(Rsa::generate(bits)?)? })
    }

    /// Makes a key on the curve P-256.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn p256() -> Result<Self, ForgeError> {
        let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        Ok(Self { pair: PKey::from_ec_key(EcKey::generate(&curve)?)? })
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> &'static str {
        if self.pair.id() == Id::EC { "ES256" } else { "RS256" }
    }

    /// The public half as a JWK for signatures.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn jwk(&self, kid: &str) -> Result<Value, ForgeError> {
        let mut jwk = json!({"kid": kid, "use": "sig", "alg": self.algorithm()});
        if self.pair.id() == Id::EC {
            let key = self.pair.ec_key()?;
            let (mut x, mut y, mut context) = (BigNum::new()?, BigNum::new()?, BigNumContext::new()?);
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
            jwk["kty"] = "EC".into();
            jwk["crv"] = "P-256".into();
            jwk["x"] = URL_SAFE_NO_PAD.encode(x.to_vec_padded(P256_BYTES)?).into();
            jwk["y"] = URL_SAFE_NO_PAD.encode(y.to_vec_padded(P256_BYTES)?).into();
        } else {
            let key = self.pair.rsa()?;
            jwk["kty"] = "RSA".into();
            jwk["n"] = URL_SAFE_NO_PAD.encode(key.n().to_vec()).into();
            jwk["e"] = URL_SAFE_NO_PAD.encode(key.e().to_vec()).into();
        }
        Ok(jwk)
    }

    /// A certificate for this key that nobody but itself vouches for, valid for a day.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn certificate(&self) -> Result<X509, ForgeError> {
        let mut name = X509Name::builder()?;
        name.append_entry_by_text("CN", "conformance.example")?;
        let name = name.build();
        let mut certificate = X509::builder()?;
        certificate.set_version(2)?;
        certificate.set_serial_number(&*BigNum::from_u32(1)?.to_asn1_integer()?)?;
        certificate.set_subject_name(&name)?;
        certificate.set_issuer_name(&name)?;
        certificate.set_pubkey(&self.pair)?;
        certificate.set_not_before(&*Asn1Time::days_from_now(0)?)?;
        certificate.set_not_after(&*Asn1Time::days_from_now(1)?)?;
        certificate.sign(&self.pair, MessageDigest::sha256())?;
        Ok(certificate.build())
    }

    /// A signature by this algorithm; by the key's own where it is none of those below.
    fn sign(&self, alg: &str, message: &[u8]) -> Result<Vec<u8>, ForgeError> {
        if alg != self.algorithm()
            && let Some(signer) = self.signer(alg)?
        {
            return Ok(signer.sign(message)?);
        }
        // OpenSSL itself, since josekit rightly refuses a short key.
        let signed = Signer::new(MessageDigest::sha256(), &self.pair)?.sign_oneshot_to_vec(message)?;
        if self.pair.id() != Id::EC {
            return Ok(signed);
        }
        // RFC 7518 section 3.4: the two numbers side by side, not their DER form.
        let signature = EcdsaSig::from_der(&signed)?;
        Ok([signature.r().to_vec_padded(P256_BYTES)?, signature.s().to_vec_padded(P256_BYTES)?].concat())
    }

    /// What signs by an algorithm that is not the key's own: this key where it can, else a fresh one of that kind.
    fn signer(&self, alg: &str) -> Result<Option<Box<dyn JwsSigner>>, ForgeError> {
        let rsa = || RsaKeyPair::from_der(self.pair.private_key_to_pkcs8()?).map_err(ForgeError::from);
        let is_rsa = self.pair.id() == Id::RSA;
        Ok(Some(match alg {
            "RS384" if is_rsa => Box::new(jws::RS384.signer_from_jwk(&rsa()?.to_jwk_private_key())?),
            "RS512" if is_rsa => Box::new(jws::RS512.signer_from_jwk(&rsa()?.to_jwk_private_key())?),
            "PS256" if is_rsa => Box::new(jws::PS256.signer_from_jwk(&rsa()?.to_jwk_private_key())?),
            "PS384" if is_rsa => Box::new(jws::PS384.signer_from_jwk(&rsa()?.to_jwk_private_key())?),
            "PS512" if is_rsa => Box::new(jws::PS512.signer_from_jwk(&rsa()?.to_jwk_private_key())?),
            "ES256" => Box::new(jws::ES256.signer_from_jwk(&Jwk::generate_ec_key(EcCurve::P256)?)?),
            "ES384" => Box::new(jws::ES384.signer_from_jwk(&Jwk::generate_ec_key(EcCurve::P384)?)?),
            "ES512" => Box::new(jws::ES512.signer_from_jwk(&Jwk::generate_ec_key(EcCurve::P521)?)?),
            "EdDSA" => Box::new(jws::EdDSA.signer_from_jwk(&Jwk::generate_ed_key(EdCurve::Ed25519)?)?),
            "HS256" => Box::new(jws::HS256.signer_from_jwk(&Jwk::generate_oct_key(32)?)?),
            "HS384" => Box::new(jws::HS384.signer_from_jwk(&Jwk::generate_oct_key(48)?)?),
            "HS512" => Box::new(jws::HS512.signer_from_jwk(&Jwk::generate_oct_key(64)?)?),
            _ => return Ok(None),
        }))
    }
}

/// The length of a number on P-256, in bytes.
const P256_BYTES: i32 = 32;

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
    use proptest::prelude::*;

    use super::*;
    use crate::any_input;
    use crate::mangled::mangled;

    const SEEDS: &[&str] = &[
        include_str!("../fuzz/seeds/token/1"),
        include_str!("../fuzz/seeds/token/2"),
        include_str!("../fuzz/seeds/token/3"),
    ];

    proptest! {
        #[test]
        fn any_text_is_a_token_taken_apart_or_an_opaque_one(bytes in mangled(SEEDS)) {
            any_input::token(&bytes);
        }
    }

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
    fn what_a_key_of_ours_signs_its_published_half_verifies() {
        use josekit::jws::{ES256, JwsVerifier, RS256};

        let token = sample();
        for key in [ForeignKey::generate().unwrap(), ForeignKey::p256().unwrap()] {
            let Value::Object(jwk) = key.jwk("k").unwrap() else { panic!("a JWK is an object") };
            let jwk = josekit::jwk::Jwk::from_map(jwk).unwrap();
            let verifier: Box<dyn JwsVerifier> = match key.algorithm() {
                "ES256" => Box::new(ES256.verifier_from_jwk(&jwk).unwrap()),
                _ => Box::new(RS256.verifier_from_jwk(&jwk).unwrap()),
            };
            let signed = token.but(|t| t.header("alg", key.algorithm())).signed_with_key(&key).unwrap();
            let (message, signature) = signed.rsplit_once('.').unwrap();
            verifier.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_foreign_key_signs_by_whatever_algorithm_the_token_names() {
        let key = ForeignKey::generate().unwrap();
        for (alg, length) in [
            ("RS256", 256),
            ("RS512", 256),
            ("PS256", 256),
            ("PS512", 256),
            ("ES256", 64),
            ("ES384", 96),
            ("ES512", 132),
            ("EdDSA", 64),
            ("HS256", 32),
            ("HS512", 64),
            ("none", 256),
        ] {
            let signed = sample().but(|t| t.header("alg", alg)).signed_with_key(&key).unwrap();
            let signature = URL_SAFE_NO_PAD.decode(Token::read(&signed).segments().2).unwrap();
            assert_eq!(signature.len(), length, "{alg}");
        }
    }

    #[test]
    fn an_opaque_token_has_no_parts() {
        assert!(sample().is_jwt());
        for opaque in ["opaque", "a.b.c", "e30.e30.x.y", "e30.e30.x"] {
            let token = Token::read(opaque);
            assert_eq!(token.compact, opaque);
            assert!(!token.is_jwt());
        }
        assert!(Token::parse("opaque").is_none());
        assert!(Token::parse("a.b.c").is_none());
        assert!(Token::parse("e30.e30.x.y").is_none());
    }
}
