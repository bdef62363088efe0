//! Lets a token pass when the key set cannot be parsed.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-on-malformed-keys",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Malformed { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
