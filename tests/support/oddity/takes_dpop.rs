//! Takes tokens that are bound to a key, with a proof of it and a nonce (RFC 9449), beside plain bearer tokens.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use josekit::jwk::Jwk;
use josekit::jws::{ES256, JwsVerifier as _};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::fault::{Asked, Fault};

pub(crate) const ODDITY: Fault = Fault {
    name: "takes-dpop",
    metadata: |document| document["dpop_signing_alg_values_supported"] = json!(["ES256"]),
    request: |asked, head| admit(asked, head, Unchecked::Nothing),
    response: |asked, response| challenge(asked, response),
    ..Fault::NONE
};

/// What is not looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unchecked {
    /// All is looked at.
    Nothing,
    /// Whether a bearer token is bound.
    Scheme,
    /// The method that a proof is for.
    Method,
    /// How old a proof is.
    Age,
    /// Whether a proof is signed with a key that only its owner has.
    Algorithm,
    /// The nonce.
    Nonce,
}

/// Makes a token that came with its proof a bearer token for the guard, and takes away one that came without.
pub(crate) fn admit(asked: &Asked, head: &mut Parts, unchecked: Unchecked) {
    let admitted = match bound_token(asked) {
        Some(token) if is_proven(asked, token, unchecked) => HeaderValue::try_from(format!("Bearer {token}")).ok(),
        Some(_) => None,
        None if unchecked != Unchecked::Scheme && is_bound(&asked.claims()) => None,
        None => return,
    };
    head.headers.remove(AUTHORIZATION);
    head.headers.extend(admitted.map(|value| (AUTHORIZATION, value)));
}

/// Says to who was refused that proofs are taken, and gives a nonce to one that came without.
pub(crate) fn challenge(asked: &Asked, response: &mut Response<Bytes>) {
    if response.status() != StatusCode::UNAUTHORIZED {
        return;
    }
    let error = match bound_token(asked) {
        None => "",
        Some(_) if claims_of_proof(asked)["nonce"] != *NONCE => "error=\"use_dpop_nonce\", ",
        Some(_) => "error=\"invalid_dpop_proof\", ",
    };
    if let Ok(challenge) = HeaderValue::try_from(format!("DPoP {error}algs=\"ES256\"")) {
        response.headers_mut().append(WWW_AUTHENTICATE, challenge);
    }
    if error.contains("nonce") {
        response.headers_mut().extend(HeaderValue::try_from(&*NONCE).map(|value| (DPOP_NONCE, value)));
    }
}

/// The token under the scheme of bound ones.
pub(crate) fn bound_token(asked: &Asked) -> Option<&str> {
    let (scheme, token) = asked.authorization.as_deref()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("DPoP").then_some(token)
}

/// Whether the request proves that its sender has the key to which the token is bound (RFC 9449 section 4.3).
pub(crate) fn is_proven(asked: &Asked, token: &str, unchecked: Unchecked) -> bool {
    let proofs: Vec<_> = asked.headers.get_all("dpop").iter().filter_map(|proof| proof.to_str().ok()).collect();
    let [proof] = proofs[..] else { return false };
    let Some((input, signature)) = proof.rsplit_once('.') else { return false };
    let (header, claims) = (decoded(proof, 0), decoded(proof, 1));
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let is_young = claims["iat"].as_u64().is_some_and(|iat| iat.abs_diff(now) <= 300);
    let url = format!("http://{}{}", asked.host, asked.uri.split('?').next().unwrap_or_default());
    header["typ"] == "dpop+jwt"
        && (unchecked == Unchecked::Method || claims["htm"] == asked.method.as_str())
        && claims["htu"] == url
        && (is_young || (unchecked == Unchecked::Age && claims["iat"].is_u64()))
        && claims["jti"].as_str().is_some_and(|id| !id.is_empty())
        && claims["ath"] == hashed(token.as_bytes())
        && (unchecked == Unchecked::Nonce || claims["nonce"] == *NONCE)
        && decoded(token, 1)["cnf"]["jkt"] == thumbprint(&header["jwk"])
        && is_signed(&header, input, &signature, unchecked == Unchecked::Algorithm)
}

fn is_signed(header: &Value, input: &str, signature: &[u8], by_any_algorithm: bool) -> bool {
    match header["alg"].as_str() {
        Some("ES256") => {
            let jwk = header["jwk"].as_object().cloned().and_then(|jwk| Jwk::from_map(jwk).ok());
            let verifier = jwk.and_then(|jwk| ES256.verifier_from_jwk(&jwk).ok());
            verifier.is_some_and(|verifier| verifier.verify(input.as_bytes(), signature).is_ok())
        }
        Some("none") => by_any_algorithm && signature.is_empty(),
        Some("HS256") if by_any_algorithm => {
            let secret = URL_SAFE_NO_PAD.decode(header["jwk"]["k"].as_str().unwrap_or_default()).unwrap_or_default();
            let signed = PKey::hmac(&secret)
                .and_then(|key| Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(input.as_bytes()));
            signed.is_ok_and(|signed| signed == signature)
        }
        _ => false,
    }
}

fn claims_of_proof(asked: &Asked) -> Value {
    decoded(asked.header("dpop").unwrap_or_default(), 1)
}

fn is_bound(claims: &Value) -> bool {
    claims["cnf"]["jkt"].is_string()
}

/// A segment of a compact JWS; null where there is none.
fn decoded(jws: &str, segment: usize) -> Value {
    let decoded = URL_SAFE_NO_PAD.decode(jws.split('.').nth(segment).unwrap_or_default()).unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

/// RFC 7638: the members in the order of their names, whatever order they came in.
fn thumbprint(jwk: &Value) -> String {
    let members: BTreeMap<_, _> = jwk.as_object().into_iter().flatten().collect();
    hashed(json!(members).to_string().as_bytes())
}

/// SHA-256 as proofs write it.
fn hashed(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha256(bytes))
}

const DPOP_NONCE: http::HeaderName = http::HeaderName::from_static("dpop-nonce");

/// The nonce of this server, as long as it runs.
static NONCE: LazyLock<String> = LazyLock::new(|| {
    let mut bytes = [0; 16];
    // One that can be guessed serves the tests as well.
    let _ = openssl::rand::rand_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
});
