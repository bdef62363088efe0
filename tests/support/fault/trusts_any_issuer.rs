//! Fetches keys from whatever issuer a token names, and trusts them.

use super::{Fault, FollowsIssuer};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-any-issuer",
    breaks: &["keycard-guide-foreign-issuer", "rfc8725-3.8-no-issuer-driven-fetch"],
    rules: |r| r.follows_issuer = FollowsIssuer::Trusts,
    ..Fault::NONE
};
