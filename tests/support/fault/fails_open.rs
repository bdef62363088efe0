//! Lets a token pass when its zone answers with an error in place of the keys.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "fails-open",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Status { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
