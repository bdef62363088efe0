//! Finds keys by the first characters of their names, as a column that is too narrow does.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "shortens-key-ids",
    breaks: &["rfc7517-4.5-kid-selection"],
    rules: |r| r.keys.named = |own, token| own.chars().take(32).eq(token.chars().take(32)),
    ..Fault::NONE
};
