//! Lets a token pass when the keys do not come in time.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-when-keys-are-late",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Late { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
