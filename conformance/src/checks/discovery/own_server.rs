//! A server that is its own authorization server, as 2025-03-26 has it: its metadata and its endpoints, at its origin.

use http::StatusCode;
use serde_json::{Map, Value};
use url::Url;

use crate::check::{Stop, Verdict};
use crate::context::Context;
use crate::redirects::Led;
use crate::reply::Reply;

/// RFC 8414 section 3.
const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// What is where authorization server metadata may be.
pub(crate) enum Metadata {
    /// A JSON object.
    Document(Map<String, Value>),
    /// An answer that is neither that nor 404; what.
    Other(String),
    /// Nothing.
    Absent,
}

/// Makes sure that the server is bound by what 2025-03-26 says of its authorization server, and by nothing later.
///
/// # Errors
/// Not applicable where it speaks a later revision or publishes protected resource metadata, which later ones brought in.
pub(crate) async fn bound(cx: &Context) -> Verdict {
    if let Some(later) = cx.later_revision().await? {
        return Err(Stop::not_applicable(format!(
            "the server also speaks {later}, in which its authorization server may be elsewhere"
        )));
    }
    if !cx.discovery().documents().is_empty() {
        return Err(Stop::not_applicable("protected resource metadata says where its authorization server is"));
    }
    Ok(())
}

/// This path at the origin of the endpoint: the authorization base URL (2025-03-26, "Authorization Base URL").
pub(crate) fn at_origin(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// What is at the well-known URL of the origin.
///
/// # Errors
/// As [`metadata_at`].
pub(crate) async fn origin_metadata(cx: &Context) -> Result<Metadata, Stop> {
    metadata_at(cx, &at_origin(cx.url(), WELL_KNOWN)).await
}

/// The URLs at which a document would be that belongs to the endpoint's path: with the path inserted, as RFC 8414 has it,
/// and with it in front.
pub(crate) fn under_path(endpoint: &Url) -> [Url; 2] {
    let path = endpoint.path().trim_end_matches('/');
    [at_origin(endpoint, &format!("{WELL_KNOWN}{path}")), at_origin(endpoint, &format!("{path}{WELL_KNOWN}"))]
}

/// What is at a URL.
///
/// # Errors
/// Inconclusive where that cannot be told: the server fails, a limit is in front, it leads elsewhere.
pub(crate) async fn metadata_at(cx: &Context, url: &Url) -> Result<Metadata, Stop> {
    let reply = match cx.follow(url, "application/json").await? {
        Led::To(reply) => reply,
        Led::Nowhere(_) => return Err(Stop::inconclusive(format!("{url} redirects on and on"))),
        Led::Away(to, _) => return Err(Stop::inconclusive(format!("{url} redirects to {to}, another origin"))),
    };
    answered(&reply, url.path())?;
    Ok(match reply.json() {
        Some(Value::Object(document)) if reply.status.is_success() => Metadata::Document(document),
        _ if is_absent(&reply) => Metadata::Absent,
        _ if reply.status.is_success() => {
            Metadata::Other(format!("{} with a body that is no JSON object", reply.status.as_u16()))
        }
        _ => Metadata::Other(reply.describe()),
    })
}

/// Whether nothing is there.
pub(crate) fn is_absent(reply: &Reply) -> bool {
    matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// Leaves where an answer comes from a limit in front, or says that the server failed.
///
/// # Errors
/// Inconclusive then.
pub(crate) fn answered(reply: &Reply, what: &str) -> Verdict {
    if reply.is_in_front() || reply.status.is_server_error() {
        return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_is_the_origin_and_the_path_has_two_places() {
        let endpoint = Url::parse("https://h.example:8443/a/mcp?x=1").unwrap();
        assert_eq!(at_origin(&endpoint, "/authorize").as_str(), "https://h.example:8443/authorize");
        let [inserted, appended] = under_path(&endpoint);
        assert_eq!(inserted.path(), "/.well-known/oauth-authorization-server/a/mcp");
        assert_eq!(appended.path(), "/a/mcp/.well-known/oauth-authorization-server");
    }
}
