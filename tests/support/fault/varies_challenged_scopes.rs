//! Names another scope beside the one that a tool needs, every other time.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "varies-challenged-scopes",
    breaks: &["mcp-auth-scope-set-consistency"],
    response: |asked, response| {
        let is_even = asked.rpc_id.as_u64().is_some_and(|id| id % 2 == 0);
        if response.status() == StatusCode::FORBIDDEN && is_even {
            edit_challenge(response, |challenge| challenge.replace("reports:read", "reports:read reports:list"));
        }
    },
    ..Fault::NONE
};
