//! Points to its metadata by a path.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "points-to-metadata-by-path",
    breaks: &["rfc9728-5.1-resource-metadata-url"],
    response: |_, response| {
        edit_challenge(response, |challenge| {
            let (before, url) = challenge.split_once("resource_metadata=\"http://").unwrap_or((challenge, "/"));
            format!("{before}resource_metadata=\"{}", &url[url.find('/').unwrap_or(0)..])
        });
    },
    ..Fault::NONE
};
