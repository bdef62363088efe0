//! Has keys of its own, for signatures and for encryption, and signs its metadata.

use std::sync::LazyLock;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault = Fault {
    name: "publishes-own-keys",
    metadata: |document| {
        document["jwks_uri"] = json!(format!("{}/keys", origin_of(document)));
        let claims = json!({"iss": origin_of(document), "resource": document["resource"]});
        document["signed_metadata"] = json!(signed(&claims));
    },
    response: |asked, response| serve_keys(asked, response, &[signing_key(), encryption_key()]),
    ..Fault::NONE
};

/// The key for signatures; made where it is needed.
static KEY: LazyLock<PKey<Private>> = LazyLock::new(|| {
    let rsa = Rsa::generate(2048).expect("OpenSSL makes keys");
    PKey::from_rsa(rsa).expect("an RSA key is a key")
});

/// The origin of the resource that the metadata names.
pub(crate) fn origin_of(document: &Value) -> String {
    document["resource"].as_str().unwrap_or_default().trim_end_matches("/mcp").to_owned()
}

/// The claims as a JWS of the key for signatures.
pub(crate) fn signed(claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&json!({"alg": "RS256", "kid": "own"})), encode(claims));
    let signer = Signer::new(MessageDigest::sha256(), &KEY);
    let signature = signer.and_then(|mut signer| signer.sign_oneshot_to_vec(input.as_bytes()));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.expect("OpenSSL signs")))
}

/// The key for signatures as a JWK.
pub(crate) fn signing_key() -> Value {
    let rsa = KEY.rsa().expect("it is an RSA key");
    let number = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    json!({"kty": "RSA", "kid": "own", "use": "sig", "alg": "RS256", "n": number(rsa.n().to_vec()), "e": number(rsa.e().to_vec())})
}

/// A key for encryption as a JWK.
pub(crate) fn encryption_key() -> Value {
    let mut key = signing_key();
    key["kid"] = json!("encryption");
    key["use"] = json!("enc");
    key["alg"] = json!("RSA-OAEP-256");
    key
}

/// Serves these keys at `/keys`.
pub(crate) fn serve_keys(asked: &Asked, response: &mut Response<Bytes>, keys: &[Value]) {
    if asked.uri == "/keys" {
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
        *response.body_mut() = json!({"keys": keys}).to_string().into();
    }
}
