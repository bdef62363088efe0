//! Verifies HS256 with the zone's public key as DER.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "takes-public-der-for-secret",
    breaks: &["rfc8725-3.1-key-confusion"],
    rules: |r| r.secret = Secret::PublicDer,
    ..Fault::NONE
};
