//! Points to metadata that is not there.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "points-nowhere",
    breaks: &["rfc9728-5.1-resource-metadata-url"],
    response: |_, response| {
        edit_challenge(response, |challenge| {
            challenge.replace("oauth-protected-resource/mcp", "oauth-protected-resource/gone")
        });
    },
    ..Fault::NONE
};
