//! Is its own authorization server, as 2025-03-26 has it, with metadata that lack the issuer.

use super::Fault;
use crate::oddity::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use crate::oddity::speaks_four_revisions::admit;

pub(super) const FAULT: Fault = Fault {
    name: "serves-origin-metadata-without-issuer",
    breaks: &["mcp-2025-03-26-as-metadata"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(
            asked,
            response,
            &Authorization {
                metadata: |document| drop(document.as_object_mut().map(|members| members.remove("issuer"))),
                ..AUTHORIZATION
            },
        );
    },
    ..Fault::NONE
};
