//! Lets a token pass when the key set is too large to be read.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-on-oversized-keys",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Oversized { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
