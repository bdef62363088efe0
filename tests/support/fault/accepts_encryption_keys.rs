//! Takes keys that are for encryption.

use super::{Fault, is_for, is_long};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-encryption-keys",
    breaks: &["rfc8725-3.1-jwk-alg-bound"],
    rules: |r| r.keys.rs256 = |key| (key["use"] == "enc" || is_for(key, "RS256")) && is_long(key),
    ..Fault::NONE
};
