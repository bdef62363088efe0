//! Verifies signatures over SHA-1.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-sha1",
    breaks: &["rfc8725-3.2-weak-algorithms"],
    rules: |r| r.algorithms = &["RS256", "RS1"],
    ..Fault::NONE
};
