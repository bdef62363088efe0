//! Believes a token whose `alg` is `none`.

use super::Fault;

/// Believes a token whose `alg` is `none`.
pub(super) const FAULT: Fault = Fault {
    name: "accepts-unsigned",
    breaks: &["rfc9068-4-alg-none"],
    rules: |r| r.unsigned = |alg| alg == "none",
    ..Fault::NONE
};
