//! Takes the proof of one method for that of another.

use super::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, admit};

pub(super) const FAULT: Fault = Fault {
    name: "ignores-method-of-proof",
    breaks: &["dpop-proof-validated"],
    request: |asked, head| admit(asked, head, Unchecked::Method),
    ..takes_dpop::ODDITY
};
