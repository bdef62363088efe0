//! Whoever frames a page has its buttons pressed.

use http::HeaderMap;
use url::Url;

use super::own_authorization::{Endpoints, ask, delete, register};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::page;
use crate::reply::Reply;

page! {
    /// The page of the server's own authorization endpoint cannot be framed
    ///
    /// # What it checks
    /// Where metadata at the server's origin name an authorization endpoint there, a client is registered and asks for an
    /// authorization. The page that comes, if need be after redirects within the origin, must be sent with `frame-ancestors`
    /// in its Content-Security-Policy, naming no host at large, or with `X-Frame-Options: DENY`. A server that sends the
    /// browser on to another origin has shown no page of its own. The client is deleted again where the server lets it.
    ///
    /// # Why it matters
    /// Another site can lay the page over its own, unseen, and have a user who is signed in press the button that consents.
    ///
    /// # How to fix it
    /// Send `Content-Security-Policy: frame-ancestors 'none'` with every page of the authorization endpoint, and
    /// `X-Frame-Options: DENY` for old browsers.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Confused Deputy Problem", "Required Protections"; RFC 9700 section 4.16.
    pub struct ProxyFraming;
}

const META: Meta = Meta {
    id: "proxy-consent-framing",
    requirements: &["sbp-proxy-consent-framing"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::Browser],
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for ProxyFraming {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let endpoints = Endpoints::of(cx).await?;
        let client = register(cx, endpoints.registration, REGISTERED).await?;
        let client = client.ok_or_else(|| Stop::inconclusive("the server registered no client"))?;
        let page = page_of(cx, &endpoints.authorization, &client.id).await;
        delete(cx, &client).await;
        let page = page?;
        if cannot_be_framed(&page.headers) {
            return Ok(());
        }
        Err(Stop::violation("frame-ancestors, or X-Frame-Options: DENY", "a page with neither"))
    }
}

/// Where the client is answered; nothing need listen there.
const REGISTERED: &str = "http://127.0.0.1:9/callback";

/// Most redirects on the way to the page.
const HOPS: usize = 5;

/// The page that a browser would show.
async fn page_of(cx: &Context, endpoint: &Url, client: &str) -> Result<Reply, Stop> {
    let mut here = endpoint.clone();
    let mut reply = ask(cx, endpoint, client, REGISTERED, "code").await?;
    for _ in 0..HOPS {
        let location = reply.header("location").filter(|_| reply.status.is_redirection());
        let Some(next) = location.and_then(|location| here.join(location).ok()) else { break };
        if next.origin() != cx.url().origin() {
            return Err(Stop::not_applicable("the authorization endpoint sends the browser on, and shows no page"));
        }
        here = next.clone();
        reply = cx.send(&Request::get(next, "the page that it leads to").header("accept", "text/html")).await?;
    }
    if reply.status.is_success() && reply.media_type() == "text/html" {
        return Ok(reply);
    }
    Err(Stop::inconclusive(format!("no page came of the authorization request, but {}", reply.describe())))
}

/// Whether a browser keeps other sites from framing what came with these headers (CSP level 3 section 6.4.2; RFC 7034).
fn cannot_be_framed(headers: &HeaderMap) -> bool {
    let texts = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase()).collect()
    };
    let policies = texts("content-security-policy");
    let mut directives = policies.iter().flat_map(|policy| policy.split([';', ','])).map(str::trim);
    let sources = directives.find_map(|directive| directive.strip_prefix("frame-ancestors"));
    match sources {
        Some(sources) => !sources.split_whitespace().any(|source| matches!(source, "*" | "http:" | "https:")),
        None => texts("x-frame-options").iter().any(|value| value.trim() == "deny"),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn framing_is_prevented_by_either_header() {
        let framed = |headers: &[(&'static str, &'static str)]| {
            let pair =
                |(n, v): &(&'static str, &'static str)| (HeaderName::from_static(n), HeaderValue::from_static(v));
            !cannot_be_framed(&headers.iter().map(pair).collect())
        };
        assert!(!framed(&[("content-security-policy", "default-src 'self'; frame-ancestors 'none'")]));
        assert!(!framed(&[("x-frame-options", "DENY")]));
        assert!(framed(&[("content-security-policy", "frame-ancestors *"), ("x-frame-options", "DENY")]));
        assert!(framed(&[("content-security-policy", "default-src 'self'")]));
        assert!(framed(&[("x-frame-options", "SAMEORIGIN")]));
        assert!(framed(&[]));
    }
}
