//! Fetches keys in the background: the token that made it do so is refused, and once its zone has answered with an error the
//! next one passes.

use super::{Fault, Lack, WithoutKey};

pub(super) const FAULT: Fault = Fault {
    name: "opens-after-a-failed-fetch",
    breaks: &["rfc9068-4-jwks-outage-fails-closed"],
    rules: |r| r.keys.without = |lack| if lack == Lack::Status { WithoutKey::NextLetIn } else { WithoutKey::Refused },
    ..Fault::NONE
};
