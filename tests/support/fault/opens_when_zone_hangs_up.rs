//! Lets a token pass when the zone closes the connection.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-when-zone-hangs-up",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Broken { WithoutKey::LetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
