//! A server that is its own authorization server sends codes to whom it knows.

use http::header::LOCATION;
use url::Url;

use super::own_authorization::{Endpoints, ask, delete, register};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The authorization endpoint of a server of 2025-03-26 redirects to registered addresses alone
    ///
    /// # What it checks
    /// Where the authorization endpoint is on the server's own origin, named by its metadata there or at `/authorize`, a
    /// client is registered with one redirect URI, and an authorization is asked for with another, once as it should be and
    /// once with a `response_type` that does not exist. No answer may redirect there. The registered URI is asked with first,
    /// so that a refusal is known to be one of the other; where no client can be registered, a client is named that does not
    /// exist, whose redirect URIs are all wrong. A sign-in page that comes for both URIs is inconclusive. The client is
    /// deleted again where the server lets it.
    ///
    /// # Why it matters
    /// Whoever makes a user follow a link to the server gets the code that was meant for the user's client, or a link of the
    /// server's good name that leads anywhere.
    ///
    /// # How to fix it
    /// Compare `redirect_uri` with those that the client registered, character for character, before anything else, and show
    /// an error page where it is none of them: also where the request is wrong in other ways.
    ///
    /// # Reference
    /// MCP 2025-03-26, Authorization, "Security Considerations"; OAuth 2.1 sections 2.3.1 and 4.1.2.1.
    pub struct UnregisteredRedirect;
}

const META: Meta = Meta {
    id: "unregistered-redirect",
    requirements: &["mcp-2025-03-26-redirect-uri-validation"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::Browser],
    ..Meta::CALM
};

impl Check for UnregisteredRedirect {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.served_token().await?;
        let endpoints = Endpoints::of(cx).await?;
        let client = register(cx, endpoints.registration, REGISTERED).await?;
        let verdict = judge(cx, &endpoints.authorization, client.as_ref().map_or(NOBODY, |client| &client.id)).await;
        if let Some(client) = &client {
            delete(cx, client).await;
        }
        match verdict? {
            // Whether it looks at the URI after the sign-in cannot be seen.
            Refused::Neither(page) => Err(Stop::inconclusive(format!(
                "the authorization endpoint answered {page} for the registered redirect URI and for another alike"
            ))),
            Refused::Both(how) if client.is_some() => {
                Err(Stop::inconclusive(format!("the registered redirect URI was refused too: {how}")))
            }
            Refused::TheOther | Refused::Both(_) => Ok(()),
        }
    }
}

/// What is registered; nothing need listen there.
const REGISTERED: &str = "http://127.0.0.1:9/callback";
/// What is not. The name belongs to nobody (RFC 6761 section 6.4).
const OTHER: &str = "https://conformance.invalid/callback";
/// A client that was never registered.
const NOBODY: &str = "conformance-unregistered";
/// What was refused, when no answer led to the other URI.
enum Refused {
    /// The other URI, and not the registered one.
    TheOther,
    /// Both; how the registered one.
    Both(String),
    /// Neither; what came.
    Neither(String),
}

async fn judge(cx: &Context, endpoint: &Url, client: &str) -> Result<Refused, Stop> {
    let registered = ask(cx, endpoint, client, REGISTERED, "code").await?;
    let mut alike = None;
    for response_type in ["code", "conformance-none"] {
        let reply = ask(cx, endpoint, client, OTHER, response_type).await?;
        let location = reply.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        if let Some(location) = location.filter(|location| reply.status.is_redirection() && leads_to_other(location)) {
            let expected = "no redirect to a URI that the client did not register";
            // What follows may be a code.
            let place = location.split(['?', '#']).next().unwrap_or_default();
            return Err(Stop::violation(expected, format!("{} to {}", reply.status.as_u16(), quoted(place))));
        }
        if response_type == "code" && !reply.status.is_client_error() {
            alike = Some(reply.describe());
        }
    }
    Ok(match alike {
        Some(page) => Refused::Neither(page),
        None if registered.status.is_client_error() => Refused::Both(registered.describe()),
        None => Refused::TheOther,
    })
}

/// Whether a browser would go to the host of the other URI; a relative address stays where it is.
fn leads_to_other(location: &str) -> bool {
    let host = |text: &str| Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let location = location.trim();
    let absolute = if location.starts_with("//") { format!("https:{location}") } else { location.to_owned() };
    host(&absolute).is_some_and(|h| Some(h) == host(OTHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_away_to_the_other_uri_counts() {
        assert!(leads_to_other("https://conformance.invalid/callback?code=1"));
        assert!(leads_to_other("//conformance.invalid/callback"));
        assert!(!leads_to_other("/login?next=https://conformance.invalid/callback"));
        assert!(!leads_to_other("https://login.example/?redirect_uri=https%3A%2F%2Fconformance.invalid%2Fcallback"));
    }
}
