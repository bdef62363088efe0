//! Takes a proof however old it is.

use super::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, admit};

pub(super) const FAULT: Fault = Fault {
    name: "takes-old-proofs",
    breaks: &["dpop-iat-window"],
    request: |asked, head| admit(asked, head, Unchecked::Age),
    ..takes_dpop::ODDITY
};
