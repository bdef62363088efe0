//! What is exposed over plain http is exposed to everybody on the way.

use url::Url;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::is_loopback;
use crate::mcp::{self, Session};
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::text::printable;

page! {
    /// Every URL that the server exposes is https
    ///
    /// # What it checks
    /// The endpoint, the `resource_metadata` of its challenge, and the places where metadata documents were found must be
    /// https URLs. Loopback over plain http is development, and not held to it; a server that is asked over https must not
    /// name its own host with http, not on loopback either. Where the endpoint is at the default port of https, it is asked
    /// without a token over http at port 80, too: it may redirect or refuse there, but neither serve nor ask for a token.
    ///
    /// # Why it matters
    /// A token that goes out once over plain http belongs to whoever was listening. A challenge that is answered over plain
    /// http invites clients to just that.
    ///
    /// # How to fix it
    /// Give the server its public https address and build every URL from that. Answer port 80 with a redirect, or not at all.
    ///
    /// # Reference
    /// OAuth 2.1 section 1.5.
    pub struct HttpsOnly;
}

const META: Meta = Meta {
    id: "https-only",
    requirements: &["oauth21-1.5-https"],
    level: Level::Must,
    area: Area::Security,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for HttpsOnly {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let discovery = cx.discovery();
        let mut named = vec![("the endpoint", cx.url().clone())];
        let advertised = discovery.advertised.as_deref().and_then(|text| Url::parse(text).ok());
        named.extend(advertised.map(|url| ("resource_metadata of the challenge", url)));
        named.extend(discovery.documents().into_iter().map(|(place, _)| ("the metadata document", place.url.clone())));
        for (what, url) in &named {
            if is_exposed(url, cx.url()) {
                return Err(Stop::violation(format!("an https URL of {what}"), printable(url.as_str())));
            }
        }
        if let Some(twin) = plain_twin(cx.url()) {
            let request = mcp::post(&twin, cx.bearing_operation(), cx.revision(), &Session::default());
            let what = format!("{} over http, without a token", cx.bearing_name());
            // Who gives no answer there serves nobody.
            if let Ok(reply) = cx.send(&request.purpose(what)).await {
                stays_shut(&reply, &twin)?;
            }
        }
        if named.iter().all(|(_, url)| url.scheme() == "https") {
            return Ok(());
        }
        Err(Stop::not_applicable("the server is on loopback and asked over plain http, for development"))
    }
}

/// Whether a URL leads over plain http where that is more than development.
fn is_exposed(url: &Url, endpoint: &Url) -> bool {
    let is_downgrade = endpoint.scheme() == "https" && url.host() == endpoint.host();
    url.scheme() != "https" && (!is_loopback(url) || is_downgrade)
}

/// Where a client would look that left the scheme out.
fn plain_twin(endpoint: &Url) -> Option<Url> {
    if endpoint.scheme() != "https" || endpoint.port().is_some() || is_loopback(endpoint) {
        return None;
    }
    let mut twin = endpoint.clone();
    twin.set_scheme("http").ok().map(|()| twin)
}

/// Passes where an answer over plain http neither serves the request nor asks for a token.
fn stays_shut(reply: &Reply, twin: &Url) -> Verdict {
    let actual = match reply.outcome() {
        Outcome::Served => reply.describe(),
        Outcome::Unauthorized if reply.bearer_challenge().is_some() => {
            format!("{} with a Bearer challenge, which asks for a token", reply.describe())
        }
        _ => return Ok(()),
    };
    Err(Stop::violation(format!("a redirect or a refusal at {twin}"), actual))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_is_for_development_on_loopback() {
        let exposed = |of: &str, endpoint: &str| is_exposed(&url(of), &url(endpoint));
        assert!(exposed("http://mcp.example/x", "https://mcp.example/mcp"));
        assert!(exposed("http://mcp.example/mcp", "http://mcp.example/mcp"));
        assert!(exposed("http://localhost:1/x", "https://localhost:2/mcp"));
        assert!(!exposed("http://localhost:1/x", "http://localhost:1/mcp"));
        assert!(!exposed("https://mcp.example/x", "https://mcp.example/mcp"));
    }

    #[test]
    fn port_80_is_asked_where_443_is_the_endpoints() {
        assert_eq!(plain_twin(&url("https://mcp.example/mcp")), Some(url("http://mcp.example/mcp")));
        for other in ["https://mcp.example:8443/mcp", "https://localhost/mcp", "http://mcp.example/mcp"] {
            assert_eq!(plain_twin(&url(other)), None);
        }
    }

    #[test]
    fn a_redirect_is_fine_and_a_challenge_is_not() {
        let twin = url("http://mcp.example/mcp");
        let answer = |status, challenge: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(challenge.map(|c| (http::header::WWW_AUTHENTICATE, HeaderValue::from_static(c))));
            stays_shut(&Reply::new(StatusCode::from_u16(status).unwrap(), headers, Some(1.into())), &twin)
        };
        assert_eq!(answer(301, None), Ok(()));
        assert_eq!(answer(403, None), Ok(()));
        assert_eq!(answer(401, None), Ok(()));
        assert!(answer(401, Some("Bearer realm=\"mcp\"")).is_err());
    }
}
