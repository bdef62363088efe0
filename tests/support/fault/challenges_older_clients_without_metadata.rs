//! Speaks four revisions, and names its metadata in no 401 to a client of 2025-06-18.

use super::{Fault, edit_challenge, without_param};
use crate::oddity::speaks_four_revisions::{ALL, admit, offer};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-older-clients-without-metadata",
    breaks: &["mcp-auth-401-resource-metadata-header"],
    request: |asked, head| admit(asked, head, ALL),
    response: |asked, response| {
        offer(asked, response, ALL);
        if asked.revision.as_deref() == Some("2025-06-18") {
            edit_challenge(response, |challenge| match without_param(challenge, "resource_metadata") {
                bare if !bare.contains('=') => format!("{bare} realm=\"mcp\""),
                rest => rest,
            });
        }
    },
    ..Fault::NONE
};
