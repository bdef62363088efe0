//! Takes RSA keys of any size.

use super::{Fault, is_for, is_for_signatures};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-short-keys",
    breaks: &["rfc7518-3.3-rsa-2048"],
    rules: |r| r.keys.rs256 = |key| is_for_signatures(key) && is_for(key, "RS256"),
    ..Fault::NONE
};
