//! Has its endpoint at the root of its origin.

use axum::body::Bytes;
use http::request::Parts;
use http::{Response, Uri};
use serde_json::{Value, json};

use crate::fault::{Fault, contains, edit_challenge};
use crate::oddity::publishes_own_keys::origin_of;

pub(crate) const ODDITY: Fault = Fault {
    name: "lives-at-root",
    rules: |r| r.audience = audience_is_origin,
    metadata: resource_is_origin,
    request: |_, head| to_endpoint(head),
    response: |_, response| points_to(response, "/.well-known/oauth-protected-resource"),
    ..Fault::NONE
};

/// Whether the audience is the origin of the resource that the server was configured with.
pub(crate) fn audience_is_origin(audience: Option<&Value>, own: &str, _: &str) -> bool {
    contains(audience, own.trim_end_matches("/mcp"))
}

/// Names the origin as the resource.
pub(crate) fn resource_is_origin(document: &mut Value) {
    document["resource"] = json!(origin_of(document));
}

/// Leads a request for the root to the endpoint.
pub(crate) fn to_endpoint(head: &mut Parts) {
    if head.uri.path() == "/" {
        let query = head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        head.uri = Uri::try_from(format!("/mcp{query}")).unwrap_or_default();
    }
}

/// Points to the metadata at this path.
pub(crate) fn points_to(response: &mut Response<Bytes>, path: &str) {
    edit_challenge(response, |challenge| challenge.replace("/.well-known/oauth-protected-resource/mcp", path));
}
