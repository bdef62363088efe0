//! Finds keys by their names without regard to letter case.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-case-of-key-ids",
    breaks: &["rfc7515-4.1.4-kid-case-sensitive"],
    rules: |r| r.keys.named = |own, token| own.eq_ignore_ascii_case(token),
    ..Fault::NONE
};
