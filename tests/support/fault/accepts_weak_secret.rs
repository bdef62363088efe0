//! Verifies HS256 with a secret from a tutorial.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-weak-secret",
    breaks: &["rfc8725-3.5-weak-hmac-secret"],
    rules: |r| r.secret = Secret::Word("secret"),
    ..Fault::NONE
};
