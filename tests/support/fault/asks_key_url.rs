//! Fetches the address that a token names as `jku`, and uses nothing of it.

use super::{Fault, Strangers};

pub(super) const FAULT: Fault = Fault {
    name: "asks-key-url",
    breaks: &["rfc8725-3.10-jku-x5u-ssrf"],
    rules: |r| r.strangers = Strangers::AskedFor,
    ..Fault::NONE
};
