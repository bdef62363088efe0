//! Asks for a Bearer token and says no more.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-without-parameter",
    breaks: &["rfc6750-3-auth-param-present"],
    response: |asked, response| {
        if asked.authorization.is_none() {
            edit_challenge(response, |challenge| challenge.split(' ').next().unwrap_or_default().to_owned());
        }
    },
    ..Fault::NONE
};
