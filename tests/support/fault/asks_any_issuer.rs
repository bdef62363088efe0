//! Fetches keys from whatever issuer a token names, and refuses it then.

use super::{Fault, FollowsIssuer};

/// Fetches keys from whatever issuer a token names, and refuses it then.
pub(super) const FAULT: Fault =
    Fault { name: "asks-any-issuer", breaks: &[], rules: |r| r.follows_issuer = FollowsIssuer::Asks, ..Fault::NONE };
