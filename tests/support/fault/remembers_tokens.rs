//! Remembers which tokens were good, and not for how long.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "remembers-tokens",
    breaks: &["rfc7519-4.1.4-exp-boundary"],
    rules: |r| r.remembers = true,
    ..Fault::NONE
};
