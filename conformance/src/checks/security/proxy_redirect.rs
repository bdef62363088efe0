//! Nearly the registered address is another address.

use http::header::LOCATION;
use url::Url;

use super::own_authorization::{Endpoints, ask, delete, register};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A server with its own authorization endpoint compares redirect URIs character for character
    ///
    /// # What it checks
    /// Where metadata at the server's origin name an authorization endpoint there, a client is registered with one https
    /// redirect URI. An authorization is asked for with that, and with it after a change of path, query, letter case, port or
    /// host. No answer may redirect to a changed one. A page that comes for both is inconclusive, since what becomes of the
    /// URI after the sign-in cannot be seen. The client is deleted again where the server lets it.
    ///
    /// # Why it matters
    /// A server that asks a third party in its own name holds the users' consent for all its clients. Where an address that
    /// an attacker controls passes for the registered one, so does the attacker.
    ///
    /// # How to fix it
    /// Compare the two strings for equality, with no parsing, no prefix and no pattern.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Confused Deputy Problem", "Required Protections"; OAuth 2.1 section 2.3.1.
    pub struct ProxyRedirect;
}

const META: Meta = Meta {
    id: "proxy-redirect-exact",
    requirements: &["sbp-proxy-redirect-exact"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::Browser],
    revisions: Revisions::Once,
    follows_from: &["unregistered-redirect"],
    ..Meta::CALM
};

impl Check for ProxyRedirect {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let endpoints = Endpoints::of(cx).await?;
        let client = register(cx, endpoints.registration, REGISTERED).await?;
        let client = client.ok_or_else(|| Stop::inconclusive("the server registered no client"))?;
        let verdict = judge(cx, &endpoints.authorization, &client.id).await;
        delete(cx, &client).await;
        verdict
    }
}

/// The name belongs to nobody (RFC 6761 section 6.4).
const REGISTERED: &str = "https://conformance.invalid/callback";

/// What differs from it, and in what.
const CHANGED: [(&str, &str); 5] = [
    ("path", "https://conformance.invalid/callback/other"),
    ("query", "https://conformance.invalid/callback?other=1"),
    ("letter case", "https://conformance.invalid/Callback"),
    ("port", "https://conformance.invalid:8443/callback"),
    ("host", "https://other.conformance.invalid/callback"),
];

async fn judge(cx: &Context, endpoint: &Url, client: &str) -> Verdict {
    let registered = ask(cx, endpoint, client, REGISTERED, "code").await?;
    if registered.status.is_client_error() {
        let how = registered.describe();
        return Err(Stop::inconclusive(format!("the registered redirect URI itself was refused: {how}")));
    }
    let mut alike = None;
    for (what, changed) in CHANGED {
        let reply = ask(cx, endpoint, client, changed, "code").await?;
        let location = reply.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        if location.is_some_and(|location| reply.status.is_redirection() && location.starts_with(changed)) {
            let expected = format!("no redirect to a URI with another {what} than the registered {REGISTERED}");
            return Err(Stop::violation(expected, format!("{} to {}", reply.status.as_u16(), quoted(changed))));
        }
        if !reply.status.is_client_error() {
            alike = Some((what, reply.describe()));
        }
    }
    match alike {
        Some((what, page)) => {
            Err(Stop::inconclusive(format!("a URI with another {what} was not refused at once: {page}")))
        }
        None => Ok(()),
    }
}
