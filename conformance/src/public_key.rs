//! A public key as an authorization server publishes it, and in the other forms in which a verifier may hold it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::{self, JwsVerifier};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;
use serde_json::Value;

use crate::token::{ForgeError, Token};

/// A public key of a key set (RFC 7517).
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// As published.
    pub jwk: Value,
    key: PKey<Public>,
}

impl PublicKey {
    /// Reads a key; none where it is of a kind that no JWS in use is verified with, or malformed.
    pub fn read(jwk: &Value) -> Option<Self> {
        let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
        let number = |name: &str| BigNum::from_slice(&member(name)?).ok();
        let curve = jwk["crv"].as_str().unwrap_or_default();
        let key = match jwk["kty"].as_str()? {
            "RSA" => PKey::from_rsa(Rsa::from_public_components(number("n")?, number("e")?).ok()?),
            "EC" => {
                let group = EcGroup::from_curve_name(match curve {
                    "P-256" => Nid::X9_62_PRIME256V1,
                    "P-384" => Nid::SECP384R1,
                    "P-521" => Nid::SECP521R1,
                    _ => return None,
                });
                let (x, y) = (number("x")?, number("y")?);
                PKey::from_ec_key(EcKey::from_public_key_affine_coordinates(&*group.ok()?, &x, &y).ok()?)
            }
            "OKP" if curve == "Ed25519" => PKey::public_key_from_raw_bytes(&member("x")?, Id::ED25519),
            _ => return None,
        };
        Some(Self { jwk: jwk.clone(), key: key.ok()? })
    }

    /// Whether a token's signature is this key's, by the algorithm that the token names.
    pub fn verifies(&self, token: &Token) -> bool {
        let (header, claims, signature) = token.segments();
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let verifier = self.verifier(token.header.get("alg").and_then(Value::as_str).unwrap_or_default());
        verifier.is_some_and(|v| v.verify(format!("{header}.{claims}").as_bytes(), &signature).is_ok())
    }

    fn verifier(&self, alg: &str) -> Option<Box<dyn JwsVerifier>> {
        let jwk = Jwk::from_map(self.jwk.as_object()?.clone()).ok()?;
        Some(match alg {
            "RS256" => Box::new(jws::RS256.verifier_from_jwk(&jwk).ok()?),
            "RS384" => Box::new(jws::RS384.verifier_from_jwk(&jwk).ok()?),
            "RS512" => Box::new(jws::RS512.verifier_from_jwk(&jwk).ok()?),
            "PS256" => Box::new(jws::PS256.verifier_from_jwk(&jwk).ok()?),
            "PS384" => Box::new(jws::PS384.verifier_from_jwk(&jwk).ok()?),
            "PS512" => Box::new(jws::PS512.verifier_from_jwk(&jwk).ok()?),
            "ES256" => Box::new(jws::ES256.verifier_from_jwk(&jwk).ok()?),
            "ES384" => Box::new(jws::ES384.verifier_from_jwk(&jwk).ok()?),
            "ES512" => Box::new(jws::ES512.verifier_from_jwk(&jwk).ok()?),
            "EdDSA" => Box::new(jws::EdDSA.verifier_from_jwk(&jwk).ok()?),
            _ => return None,
        })
    }

    /// PEM (SubjectPublicKeyInfo), with its last line break.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn pem(&self) -> Result<Vec<u8>, ForgeError> {
        Ok(self.key.public_key_to_pem()?)
    }

    /// The same as DER.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn der(&self) -> Result<Vec<u8>, ForgeError> {
        Ok(self.key.public_key_to_der()?)
    }
}

#[cfg(test)]
mod tests {
    use josekit::jwk::alg::ec::EcCurve;
    use josekit::jwk::alg::ed::EdCurve;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::any_input;
    use crate::mangled::mangled;

    const SEEDS: &[&str] = &[
        include_str!("../fuzz/seeds/key/1"),
        include_str!("../fuzz/seeds/key/2"),
        include_str!("../fuzz/seeds/key/3"),
    ];

    proptest! {
        #[test]
        fn no_key_that_can_be_published_verifies_what_nobody_signed(bytes in mangled(SEEDS)) {
            any_input::key(&bytes);
        }
    }

    #[test]
    fn keys_of_every_kind_in_use_are_read() {
        for key in [
            Jwk::generate_rsa_key(2048).unwrap(),
            Jwk::generate_ec_key(EcCurve::P256).unwrap(),
            Jwk::generate_ec_key(EcCurve::P521).unwrap(),
            Jwk::generate_ed_key(EdCurve::Ed25519).unwrap(),
        ] {
            let jwk = serde_json::to_value(key.to_public_key().unwrap()).unwrap();
            let read = PublicKey::read(&jwk).unwrap_or_else(|| panic!("{jwk}"));
            assert!(read.pem().unwrap().starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
            assert!(!read.der().unwrap().is_empty());
        }
    }

    #[test]
    fn a_key_is_known_by_the_signatures_that_are_its_own() {
        let (own, other) =
            (Jwk::generate_ed_key(EdCurve::Ed25519).unwrap(), Jwk::generate_ed_key(EdCurve::Ed25519).unwrap());
        let mut header = josekit::jws::JwsHeader::new();
        header.set_algorithm("EdDSA");
        let signer = jws::EdDSA.signer_from_jwk(&own).unwrap();
        let token = Token::read(&jws::serialize_compact(b"{\"sub\":\"a\"}", &header, &signer).unwrap());
        let read = |key: &Jwk| PublicKey::read(&serde_json::to_value(key.to_public_key().unwrap()).unwrap()).unwrap();
        assert!(read(&own).verifies(&token));
        assert!(!read(&other).verifies(&token));
        assert!(!read(&own).verifies(&Token::read("opaque")));
    }

    #[test]
    fn what_is_no_such_key_is_left_out() {
        for jwk in
            [json!({"kty": "oct", "k": "AAAA"}), json!({"kty": "RSA"}), json!({"kty": "EC", "crv": "P-256"}), json!(1)]
        {
            assert!(PublicKey::read(&jwk).is_none(), "{jwk}");
        }
    }
}
