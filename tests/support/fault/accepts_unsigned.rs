//! Believes a token whose `alg` is `none`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-unsigned",
    breaks: &["rfc9068-4-alg-none"],
    rules: |r| r.unsigned = |alg| alg == "none",
    ..Fault::NONE
};
