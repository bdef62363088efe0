//! Lets in scripts of its own origin, as a server with a page of its own does.

use axum::body::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault =
    Fault { name: "serves-browsers", response: |asked, response| browsers(asked, response, &OWN), ..Fault::NONE };

/// What scripts may do.
pub(crate) struct Browsers {
    /// Whether the metadata are readable.
    pub(crate) metadata: bool,
    /// Whether the challenge is.
    pub(crate) challenge: bool,
    /// Whether preflights are answered.
    pub(crate) preflights: bool,
}

/// Scripts of the own origin may do all that a client must.
pub(crate) const OWN: Browsers = Browsers { metadata: true, challenge: true, preflights: true };

/// Lets scripts of the server's own origin read an answer.
pub(crate) fn browsers(asked: &Asked, response: &mut Response<Bytes>, how: &Browsers) {
    if asked.is_metadata() && !how.metadata {
        response.headers_mut().remove(ALLOW_ORIGIN);
    }
    let own = format!("http://{}", asked.host);
    if !asked.is_mcp() || asked.header("origin") != Some(&own) {
        return;
    }
    if asked.method == Method::OPTIONS {
        if !how.preflights {
            return;
        }
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.body_mut() = Bytes::new();
        response.headers_mut().remove("www-authenticate");
        let asked_for = asked.headers.get("access-control-request-headers").cloned();
        response.headers_mut().extend(asked_for.map(|headers| (ALLOW_HEADERS, headers)));
    }
    if how.challenge {
        response.headers_mut().insert(EXPOSE_HEADERS, HeaderValue::from_static("Mcp-Session-Id, WWW-Authenticate"));
    }
    response.headers_mut().extend(HeaderValue::try_from(own).map(|own| (ALLOW_ORIGIN, own)).ok());
}

pub(crate) const ALLOW_ORIGIN: HeaderName = HeaderName::from_static("access-control-allow-origin");
const ALLOW_HEADERS: HeaderName = HeaderName::from_static("access-control-allow-headers");
const EXPOSE_HEADERS: HeaderName = HeaderName::from_static("access-control-expose-headers");
