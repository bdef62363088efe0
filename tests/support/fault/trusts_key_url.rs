//! Verifies with the keys at the address that a token names as `jku`.

use super::{Fault, Strangers};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-key-url",
    breaks: &["rfc9068-4-keys-from-as", "rfc8725-3.10-jku-x5u-ssrf"],
    rules: |r| r.strangers = Strangers::KeySetAtUrl,
    ..Fault::NONE
};
