//! Takes a bound token for a bearer token where it is sent as one.

use super::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, admit};

pub(super) const FAULT: Fault = Fault {
    name: "takes-bound-tokens-as-bearer",
    breaks: &["dpop-bound-token-not-bearer"],
    request: |asked, head| admit(asked, head, Unchecked::Scheme),
    ..takes_dpop::ODDITY
};
