//! Publishes keys for signatures and for encryption, and one that says nothing of itself.

use serde_json::json;

use super::Fault;
use crate::oddity::publishes_own_keys::{encryption_key, origin_of, serve_keys, signing_key};

pub(super) const FAULT: Fault = Fault {
    name: "mixes-keys-without-use",
    breaks: &["rfc9728-2-jwks-use"],
    metadata: |document| document["jwks_uri"] = json!(format!("{}/keys", origin_of(document))),
    response: |asked, response| {
        let unsaid = json!({"kty": "RSA", "kid": "unsaid", "n": "AQAB", "e": "AQAB"});
        serve_keys(asked, response, &[signing_key(), encryption_key(), unsaid]);
    },
    ..Fault::NONE
};
