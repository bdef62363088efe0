//! Speaks 2025-03-26 alone and is its own authorization server, at the default paths: it has no metadata.

use super::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use super::speaks_four_revisions::admit;
use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "has-default-endpoints",
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(asked, response, &Authorization { metadata_at: None, ..AUTHORIZATION });
    },
    ..Fault::NONE
};
