//! Fetches keys from whatever issuer a token names, and refuses it then.

use super::{Fault, FollowsIssuer};

pub(super) const FAULT: Fault =
    Fault { name: "asks-any-issuer", breaks: &[], rules: |r| r.follows_issuer = FollowsIssuer::Asks, ..Fault::NONE };
