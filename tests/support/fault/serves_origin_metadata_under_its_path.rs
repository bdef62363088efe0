//! Is its own authorization server, as 2025-03-26 has it, with metadata under the path of its endpoint.

use super::Fault;
use crate::oddity::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use crate::oddity::speaks_four_revisions::admit;

pub(super) const FAULT: Fault = Fault {
    name: "serves-origin-metadata-under-its-path",
    breaks: &["mcp-2025-03-26-authorization-base-url", "mcp-2025-03-26-as-metadata"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(
            asked,
            response,
            &Authorization { metadata_at: Some("/.well-known/oauth-authorization-server/mcp"), ..AUTHORIZATION },
        );
    },
    ..Fault::NONE
};
