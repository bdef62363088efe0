//! Compares `alg` with `none` in lower case only, and believes the rest.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-unsigned-in-mixed-case",
    breaks: &["rfc9068-4-alg-none"],
    rules: |r| r.unsigned = |alg| alg != "none" && alg.eq_ignore_ascii_case("none"),
    ..Fault::NONE
};
