//! Takes proofs by whatever algorithm they name.

use super::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, admit};

pub(super) const FAULT: Fault = Fault {
    name: "takes-symmetric-proofs",
    breaks: &["dpop-asymmetric-only"],
    request: |asked, head| admit(asked, head, Unchecked::Algorithm),
    ..takes_dpop::ODDITY
};
