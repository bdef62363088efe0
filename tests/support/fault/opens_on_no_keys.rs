//! Lets a token pass when the key set is empty: no key finds anything wrong with it.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-on-no-keys",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Empty { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
