//! Is its own authorization server, as 2025-03-26 has it, and sends users to addresses that nobody registered.

use super::Fault;
use crate::oddity::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use crate::oddity::speaks_four_revisions::admit;

pub(super) const FAULT: Fault = Fault {
    name: "redirects-anywhere",
    breaks: &["mcp-2025-03-26-redirect-uri-validation", "sbp-proxy-redirect-exact"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(asked, response, &Authorization { redirects_to: |_, _| true, ..AUTHORIZATION });
    },
    ..Fault::NONE
};
