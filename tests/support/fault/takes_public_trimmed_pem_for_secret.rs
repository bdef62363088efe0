//! Verifies HS256 with the zone's public key as PEM without its last line break.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "takes-public-trimmed-pem-for-secret",
    breaks: &["rfc8725-3.1-key-confusion"],
    rules: |r| r.secret = Secret::PublicPemTrimmed,
    ..Fault::NONE
};
