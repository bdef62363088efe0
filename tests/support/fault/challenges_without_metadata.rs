//! Speaks 2025-06-18 alone, and names its metadata in the 401 to a request without a token only.

use super::{Fault, edit_challenge, without_param};
use crate::oddity::speaks_2025_06_18::ALONE;
use crate::oddity::speaks_four_revisions::{admit, offer};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-without-metadata",
    breaks: &["mcp-auth-401-resource-metadata-header"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        offer(asked, response, ALONE);
        if asked.authorization.is_some() {
            edit_challenge(response, |challenge| without_param(challenge, "resource_metadata"));
        }
    },
    ..Fault::NONE
};
