//! Guards the revisions that it offers and serves another one, which its library knows.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-an-older-revision",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.revision.as_deref() == Some("2025-03-26"),
    ..Fault::NONE
};
