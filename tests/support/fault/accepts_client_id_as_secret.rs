//! Verifies HS256 with the client id that the token names.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-client-id-as-secret",
    breaks: &["rfc8725-3.5-weak-hmac-secret"],
    rules: |r| r.secret = Secret::ClientId,
    ..Fault::NONE
};
