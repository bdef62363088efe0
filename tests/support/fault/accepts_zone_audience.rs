//! Takes a token for the zone itself for one of its own.

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-zone-audience",
    breaks: &["mcp-auth-audience-missing-rejected"],
    rules: |r| r.audience = |aud, own, issuer| contains(aud, own) || contains(aud, issuer),
    ..Fault::NONE
};
