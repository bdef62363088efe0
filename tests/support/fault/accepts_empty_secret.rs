//! Verifies HS256 with the empty secret.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-empty-secret",
    breaks: &["rfc8725-3.5-weak-hmac-secret"],
    rules: |r| r.secret = Secret::Word(""),
    ..Fault::NONE
};
