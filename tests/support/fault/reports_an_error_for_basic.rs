//! Reports an error to who sent another scheme.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "reports-an-error-for-basic",
    breaks: &["rfc6750-3.1-no-error-without-credentials"],
    response: |asked, response| {
        if asked.authorization.as_deref().is_some_and(|a| a.starts_with("Basic ")) {
            edit_challenge(response, |challenge| format!("{challenge}, error_description=\"no token\""));
        }
    },
    ..Fault::NONE
};
