//! Leaves eight minutes for clocks that differ.

use super::Fault;

pub(super) const FAULT: Fault =
    Fault { name: "leaves-eight-minutes", breaks: &["rfc9068-4-exp-leeway"], rules: |r| r.leeway = 480, ..Fault::NONE };
