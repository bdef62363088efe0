//! Asks for a scope that no request can carry.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-with-odd-scope",
    breaks: &["rfc6750-3-scope-charset"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.authorization.is_some() {
            edit_challenge(response, |challenge| format!(r#"{challenge}, scope="reports\\read""#));
        }
    },
    ..Fault::NONE
};
