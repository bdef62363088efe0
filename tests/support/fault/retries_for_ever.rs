//! Tries to fetch the keys for ever while a request waits.

use super::{Fault, WithoutKey};

pub(super) const FAULT: Fault =
    Fault { name: "retries-for-ever", breaks: &[], rules: |r| r.keys.without = |_| WithoutKey::Waits, ..Fault::NONE };
