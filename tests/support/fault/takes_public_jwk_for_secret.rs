//! Verifies HS256 with the zone's public key as a JWK.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "takes-public-jwk-for-secret",
    breaks: &["rfc8725-3.1-key-confusion"],
    rules: |r| r.secret = Secret::PublicJwk,
    ..Fault::NONE
};
