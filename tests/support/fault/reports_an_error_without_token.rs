//! Reports an error to who sent no token.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "reports-an-error-without-token",
    breaks: &["rfc6750-3.1-no-error-without-credentials"],
    response: |asked, response| {
        if asked.authorization.is_none() {
            edit_challenge(response, |challenge| format!("{challenge}, error=\"invalid_token\""));
        }
    },
    ..Fault::NONE
};
