//! Fetches the key set once.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "never-refetches-keys",
    breaks: &["oidc-core-10.1.1-key-rollover"],
    rules: |r| r.keys.refetched = false,
    ..Fault::NONE
};
