//! Wants every scope that it knows for every request.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_challenge, without_param};
use crate::oddity::scopes_two_tools::{forbid, name_scopes};

pub(super) const FAULT: Fault = Fault {
    name: "requires-every-scope",
    breaks: &["sbp-scope-downscoped-tolerated"],
    metadata: |document| document["scopes_supported"] = json!(["reports:list", "reports:read"]),
    response: |asked, response| {
        let has_all = asked.holds("reports:read") && asked.holds("reports:list");
        if response.status().is_success() && asked.is_mcp() && !has_all {
            forbid(asked, response, Some("reports:list reports:read"));
        }
        if matches!(response.status(), StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) {
            edit_challenge(response, |challenge| without_param(challenge, "scope"));
            name_scopes(response, Some("reports:list reports:read"));
        }
    },
    ..Fault::NONE
};
