//! Lets scripts of its origin read a 401, and not its challenge.

use super::Fault;
use crate::oddity::serves_browsers::{Browsers, OWN, browsers};

pub(super) const FAULT: Fault = Fault {
    name: "hides-challenge-from-browsers",
    breaks: &["cors-expose-www-authenticate"],
    response: |asked, response| browsers(asked, response, &Browsers { challenge: false, ..OWN }),
    ..Fault::NONE
};
