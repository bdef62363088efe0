//! Knows the short form of the type only.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-long-type",
    breaks: &["rfc9068-4-typ-application-prefix"],
    rules: |r| r.typ = |typ| typ.is_some_and(|typ| typ == "at+jwt"),
    ..Fault::NONE
};
