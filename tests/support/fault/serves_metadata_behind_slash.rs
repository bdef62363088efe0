//! Lives at the root, and keeps the slash of its URL behind the well-known string.

use super::Fault;
use crate::oddity::lives_at_root::{audience_is_origin, points_to, resource_is_origin, to_endpoint};

pub(super) const FAULT: Fault = Fault {
    name: "serves-metadata-behind-slash",
    breaks: &["rfc9728-3.1-terminating-slash"],
    rules: |r| r.audience = audience_is_origin,
    metadata: resource_is_origin,
    request: |_, head| {
        to_endpoint(head);
        let moved = match head.uri.path() {
            "/.well-known/oauth-protected-resource/" => "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource" => "/nowhere",
            _ => return,
        };
        head.uri = http::Uri::from_static(moved);
    },
    response: |_, response| points_to(response, "/.well-known/oauth-protected-resource/"),
    ..Fault::NONE
};
