//! Answers initialize with a revision that the suite does not speak.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "negotiates-an-older-revision",
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("initialize") {
            let body = String::from_utf8_lossy(response.body()).replace("2025-11-25", "2024-11-05");
            *response.body_mut() = body.into();
        }
    },
    ..Fault::NONE
};
