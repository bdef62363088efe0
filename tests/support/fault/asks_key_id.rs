//! Fetches a `kid` that is a URL.

use super::{Fault, Strangers};

pub(super) const FAULT: Fault = Fault {
    name: "asks-key-id",
    breaks: &["rfc8725-3.10-kid-injection"],
    rules: |r| r.strangers = Strangers::KeyIdAskedFor,
    ..Fault::NONE
};
