//! The ways to a server's protected resource metadata (RFC 9728), each followed once and shared by all checks.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::client::{Client, NoReply, Request};
use crate::redirects::{self, Led};
use crate::reply::Reply;
use crate::transcript::{Exchange, Transcript};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// How a document was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through `resource_metadata` of the challenge (RFC 9728 section 5.1).
    Challenge,
    /// At the well-known URL with the endpoint's path inserted (section 3.1).
    PathInserted,
    /// At the well-known URL of the origin.
    Root,
}

impl Way {
    /// The way in a few words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Challenge => "the challenge's resource_metadata URL",
            Self::PathInserted => "the path-inserted well-known URL",
            Self::Root => "the root well-known URL",
        }
    }
}

/// One place where the metadata was looked for, and what came.
#[derive(Debug, Clone)]
pub struct Place {
    /// The way that led there.
    pub way: Way,
    /// The place.
    pub url: Url,
    /// What came, redirects followed as far as the suite follows them.
    pub reply: Result<Reply, NoReply>,
}

impl Place {
    /// The document, if 2xx with a JSON object came.
    pub fn document(&self) -> Option<Map<String, Value>> {
        let reply = self.reply.as_ref().ok()?;
        if !reply.status.is_success() {
            return None;
        }
        match reply.json()? {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// What came, in a few words.
    pub fn describe(&self) -> String {
        match &self.reply {
            Ok(reply) => format!("{} from {}", reply.status.as_u16(), self.url),
            Err(error) => format!("{error} from {}", self.url),
        }
    }
}

/// What a client without a token finds out.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// The answer to a request without credentials.
    pub anonymous: Result<Reply, NoReply>,
    /// Each place, in the order in which clients try them. One URL that two ways lead to stands once for each.
    pub places: Vec<Place>,
    /// `resource_metadata` of the challenge, as sent.
    pub advertised: Option<String>,
    /// All exchanges, as evidence.
    pub exchanges: Vec<Arc<Exchange>>,
}

impl Discovery {
    /// Follows every way from the answer to a request without credentials and from the endpoint's URL; where there was no
    /// answer, none.
    pub async fn follow(
        client: &Client,
        endpoint: &Url,
        answer: Result<Reply, NoReply>,
        mut exchanges: Vec<Arc<Exchange>>,
    ) -> Self {
        let transcript = Transcript::default();
        let challenge = answer.as_ref().ok().and_then(Reply::bearer_challenge);
        let advertised = challenge.as_ref().and_then(|c| c.param("resource_metadata")).map(str::to_owned);

        let mut ways = Vec::new();
        if let Some(url) =
            advertised.as_deref().and_then(|a| Url::parse(a).ok()).filter(|u| may_be_fetched(u, endpoint))
        {
            ways.push((Way::Challenge, url));
        }
        if answer.is_ok() {
            ways.push((Way::PathInserted, path_inserted(endpoint)));
            ways.push((Way::Root, well_known(endpoint, "")));
        }
        let mut places: Vec<Place> = Vec::new();
        for (way, url) in ways {
            let known = places.iter().find(|p| p.url == url).map(|p| p.reply.clone());
            let reply = if let Some(reply) = known {
                reply
            } else {
                let request = Request::get(url.clone(), format!("metadata at {}", way.name()));
                let request = request.header("accept", "application/json");
                redirects::follow(client, &transcript, endpoint, request).await.map(Led::last)
            };
            places.push(Place { way, url, reply });
        }
        exchanges.extend(transcript.take());
        Self { anonymous: answer, places, advertised, exchanges }
    }

    /// The places that hold a document, and it; each URL once.
    pub fn documents(&self) -> Vec<(&Place, Map<String, Value>)> {
        let mut found: Vec<(&Place, Map<String, Value>)> = Vec::new();
        for place in &self.places {
            if found.iter().any(|(p, _)| p.url == place.url) {
                continue;
            }
            if let Some(document) = place.document() {
                found.push((place, document));
            }
        }
        found
    }

    /// `resource` of the first document that has one.
    pub fn resource(&self) -> Option<String> {
        self.documents().iter().find_map(|(_, d)| d.get("resource")?.as_str().map(str::to_owned))
    }

    /// The authorization servers that the metadata name, each once.
    pub fn issuers(&self) -> Vec<String> {
        let (mut issuers, mut known) = (Vec::new(), BTreeSet::new());
        for (_, document) in self.documents() {
            let listed = document.get("authorization_servers").and_then(Value::as_array).cloned().unwrap_or_default();
            for issuer in listed.iter().filter_map(Value::as_str) {
                if known.insert(issuer.to_owned()) {
                    issuers.push(issuer.to_owned());
                }
            }
        }
        issuers
    }

    /// Every scope that the metadata or the challenge names.
    pub fn scopes(&self) -> Vec<String> {
        let mut scopes: Vec<String> = Vec::new();
        for (_, document) in self.documents() {
            let listed = document.get("scopes_supported").and_then(Value::as_array).cloned().unwrap_or_default();
            scopes.extend(listed.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        if let Some(challenge) = self.anonymous.as_ref().ok().and_then(Reply::bearer_challenge) {
            scopes.extend(challenge.param("scope").unwrap_or_default().split(' ').map(str::to_owned));
        }
        scopes.retain(|s| !s.is_empty());
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

/// The well-known URL that belongs to an endpoint: the string goes between host and path (RFC 9728 section 3.1).
pub fn path_inserted(endpoint: &Url) -> Url {
    well_known(endpoint, if endpoint.path() == "/" { "" } else { endpoint.path() })
}

fn well_known(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{WELL_KNOWN}{path}"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Whether the suite follows an address that the server named: its own origin, or loopback when it is itself on loopback.
///
/// A hostile server could else have us read an internal address and print what is there.
pub fn may_be_fetched(url: &Url, endpoint: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && (url.origin() == endpoint.origin() || is_loopback(url) && is_loopback(endpoint))
}

/// Whether a URL names this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::any_input;
    use crate::mangled::mangled;

    const SEEDS: &[&str] =
        &[include_str!("../fuzz/seeds/protected_resource/1"), include_str!("../fuzz/seeds/protected_resource/2")];

    proptest! {
        #[test]
        fn any_document_names_what_it_names_once(bytes in mangled(SEEDS)) {
            any_input::protected_resource(&bytes);
        }
    }

    #[test]
    fn the_well_known_string_goes_between_host_and_path() {
        let at = |u: &str| path_inserted(&Url::parse(u).unwrap()).to_string();
        assert_eq!(at("https://h/mcp?x=1"), "https://h/.well-known/oauth-protected-resource/mcp");
        assert_eq!(at("https://h/"), "https://h/.well-known/oauth-protected-resource");
        assert_eq!(at("http://h:8080/a/b"), "http://h:8080/.well-known/oauth-protected-resource/a/b");
    }

    #[test]
    fn an_address_that_a_server_names_is_followed_only_where_that_is_safe() {
        let may = |u: &str, e: &str| may_be_fetched(&Url::parse(u).unwrap(), &Url::parse(e).unwrap());
        assert!(may("https://h/x", "https://h/mcp"));
        assert!(!may("http://169.254.169.254/latest", "https://h/mcp"));
        assert!(!may("http://127.0.0.1:22/", "https://h/mcp"));
        assert!(may("http://localhost:1/", "http://127.0.0.1:2/mcp"));
        assert!(!may("file:///etc/passwd", "http://127.0.0.1:2/mcp"));
    }
}
