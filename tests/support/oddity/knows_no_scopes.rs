//! Serves every tool to whoever has a good token, and speaks of no scope.

use crate::fault::{Fault, edit_challenge};

pub(super) const ODDITY: Fault = Fault {
    name: "knows-no-scopes",
    scopes: |_| "reports:read".to_owned(),
    metadata: |document| {
        document.as_object_mut().map(|members| members.remove("scopes_supported"));
    },
    response: |_, response| {
        edit_challenge(response, |challenge| {
            challenge.replace(", scope=\"reports:read\"", "").replace("scope=\"reports:read\", ", "")
        });
    },
    ..Fault::NONE
};
