//! Has its endpoint deep beneath its origin, and its metadata at the well-known URL of that path alone.

use axum::body::Bytes;
use http::request::Parts;
use http::{Response, StatusCode, Uri};
use serde_json::{Value, json};

use crate::fault::{Asked, Fault, contains};
use crate::oddity::lives_at_root::points_to;
use crate::oddity::publishes_own_keys::origin_of;

/// Where it is.
pub const DEEP: &str = "/tenants/a%20b/v1/mcp";

pub(super) const ODDITY: Fault = Fault {
    name: "lives-deep",
    rules: |r| r.audience = audience_is_deep,
    metadata: |document| document["resource"] = json!(format!("{}{DEEP}", origin_of(document))),
    request: |_, head| to_endpoint(head),
    response: |asked, response| is_there_alone(asked, response),
    ..Fault::NONE
};

fn audience_is_deep(audience: Option<&Value>, own: &str, _: &str) -> bool {
    contains(audience, &format!("{}{DEEP}", own.trim_end_matches("/mcp")))
}

/// Leads a request for the endpoint or its metadata to where the reference server has them, and any other for these astray.
fn to_endpoint(head: &mut Parts) {
    let query = head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = match head.uri.path() {
        DEEP => "/mcp",
        path if path.strip_suffix(DEEP) == Some("/.well-known/oauth-protected-resource") => {
            "/.well-known/oauth-protected-resource/mcp"
        }
        path if path == "/mcp" || path.starts_with("/.well-known/") => "/nowhere",
        _ => return,
    };
    head.uri = Uri::try_from(format!("{path}{query}")).unwrap_or_default();
}

fn is_there_alone(asked: &Asked, response: &mut Response<Bytes>) {
    points_to(response, &format!("/.well-known/oauth-protected-resource{DEEP}"));
    if asked.is_metadata() && !asked.uri.ends_with(DEEP) {
        *response.status_mut() = StatusCode::NOT_FOUND;
        *response.body_mut() = Bytes::new();
    }
}
