//! Lets the token alone say with which algorithm a key is used.

use super::{Fault, is_for_signatures, is_long};

pub(super) const FAULT: Fault = Fault {
    name: "ignores-algorithm-of-keys",
    breaks: &["rfc8725-3.1-jwk-alg-bound"],
    rules: |r| r.keys.rs256 = |key| is_for_signatures(key) && is_long(key),
    ..Fault::NONE
};
