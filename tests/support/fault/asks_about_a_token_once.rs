//! Asks its zone about each token once, and takes the answer for good.

use super::{Fault, Introspection};

pub(super) const FAULT: Fault = Fault {
    name: "asks-about-a-token-once",
    breaks: &["oauth21-5.3.2-revoked-token"],
    rules: |r| {
        r.introspection = Introspection::AskedOnce;
        r.leeway = 0;
    },
    ..Fault::NONE
};
