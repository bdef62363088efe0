//! Adds the keys of a new set to those of the old one.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "keeps-retired-keys",
    breaks: &["rfc9068-4-rejects-retired-key"],
    rules: |r| r.keys.hoarded = true,
    ..Fault::NONE
};
