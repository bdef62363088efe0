//! Is named by its origin, and serves its metadata there alone.

use http::StatusCode;
use serde_json::json;

use super::{Fault, contains, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "names-its-origin",
    breaks: &["rfc9728-3.3-resource-exact-request-url"],
    rules: |r| r.audience = |aud, own, _| contains(aud, own.trim_end_matches("/mcp")),
    metadata: |document| {
        let own = document["resource"].as_str().unwrap_or_default().trim_end_matches("/mcp").to_owned();
        document["resource"] = json!(own);
    },
    response: |asked, response| {
        edit_challenge(response, |challenge| {
            challenge.replace("oauth-protected-resource/mcp", "oauth-protected-resource")
        });
        if asked.is_metadata() && asked.uri.ends_with("/mcp") {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
    },
    ..Fault::NONE
};
