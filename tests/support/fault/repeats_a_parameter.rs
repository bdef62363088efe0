//! Writes a parameter of its challenge twice.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "repeats-a-parameter",
    breaks: &["rfc9110-11.2-param-once"],
    response: |_, response| {
        if response.status() == StatusCode::UNAUTHORIZED {
            edit_challenge(response, |challenge| format!("{challenge}, realm=\"a\", Realm=\"b\""));
        }
    },
    ..Fault::NONE
};
