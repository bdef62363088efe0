//! Wants a token before it says whether a script may send one.

use super::Fault;
use crate::oddity::serves_browsers::{Browsers, OWN, browsers};

pub(super) const FAULT: Fault = Fault {
    name: "wants-a-token-for-preflights",
    breaks: &["cors-preflight-not-401"],
    response: |asked, response| browsers(asked, response, &Browsers { preflights: false, ..OWN }),
    ..Fault::NONE
};
