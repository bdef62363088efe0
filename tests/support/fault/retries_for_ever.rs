//! Tries to fetch the keys for ever while a request waits.

use super::{Fault, Keys};

pub(super) const FAULT: Fault =
    Fault { name: "retries-for-ever", breaks: &[], rules: |r| r.keys = Keys::RetriedForEver, ..Fault::NONE };
