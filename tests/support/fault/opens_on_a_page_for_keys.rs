//! Lets a token pass when a web page comes in place of the keys.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-on-a-page-for-keys",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Page { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
