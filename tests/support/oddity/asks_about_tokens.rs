//! Asks its zone about each token (RFC 7662), beside verifying it. The zone knows no leeway.

use crate::fault::{Fault, Introspection};

pub(super) const ODDITY: Fault = Fault {
    name: "asks-about-tokens",
    rules: |r| {
        r.introspection = Introspection::Asked;
        r.leeway = 0;
    },
    ..Fault::NONE
};
