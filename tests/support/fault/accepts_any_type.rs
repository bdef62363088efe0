//! Does not look at `typ` where it is there.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-any-type",
    breaks: &["rfc9068-4-typ"],
    rules: |r| r.typ = |typ| typ.is_some(),
    ..Fault::NONE
};
