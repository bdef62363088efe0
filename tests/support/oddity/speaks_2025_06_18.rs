//! Speaks 2025-06-18 and nothing else.

use super::speaks_four_revisions::{admit, offer};
use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "speaks-2025-06-18",
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| offer(asked, response, ALONE),
    ..Fault::NONE
};

/// The one revision.
pub(crate) const ALONE: &[&str] = &["2025-06-18"];
