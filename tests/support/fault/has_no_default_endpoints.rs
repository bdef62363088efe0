//! Is its own authorization server, as 2025-03-26 has it, with neither metadata nor the default endpoints.

use super::Fault;
use crate::oddity::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use crate::oddity::speaks_four_revisions::admit;

pub(super) const FAULT: Fault = Fault {
    name: "has-no-default-endpoints",
    breaks: &["mcp-2025-03-26-default-endpoints"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(asked, response, &Authorization { metadata_at: None, endpoints: false, ..AUTHORIZATION });
    },
    ..Fault::NONE
};
