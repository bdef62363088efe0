//! An authorization server is named by its issuer, not by one of its URLs.

use std::collections::BTreeSet;

use super::documents;
use crate::discovery::{is_loopback, may_be_fetched};
use crate::text::quoted;
use serde_json::Value;
use url::Url;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Each authorization server is named by its issuer identifier
    ///
    /// # What it checks
    /// Each entry of `authorization_servers` must be an https URL (on loopback http will do) without query and
    /// fragment, and no well-known or endpoint URL. Where the suite may fetch it, its metadata is looked for in
    /// each way of RFC 8414 and OpenID Connect Discovery; `issuer` in what answers must be the entry, character for
    /// character. The issuer of the zone that the suite controls is known without asking. On other hosts the suite
    /// asks nobody; a list of only such entries is not tested.
    ///
    /// # Why it matters
    /// From the entry a client builds the well-known URL of the authorization server, and it must refuse
    /// metadata whose issuer is another string. With anything but the issuer it gets no further.
    ///
    /// # How to fix it
    /// Copy `issuer` from the authorization server's own metadata, byte for byte. Beware of URL types that
    /// add a slash.
    ///
    /// # Reference
    /// RFC 9728 section 2; RFC 8414 sections 2 and 3; MCP 2026-07-28, Authorization, "Authorization Server
    /// Metadata Discovery".
    pub struct MetadataIssuers;
}

const META: Meta = Meta {
    id: "metadata-issuers",
    requirements: &["rfc9728-2-as-issuer-identifiers"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataIssuers {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut entries: Vec<Value> = Vec::new();
        for (_, document) in documents(cx.discovery())? {
            let listed = document.get("authorization_servers").and_then(Value::as_array).cloned().unwrap_or_default();
            entries.extend(listed);
        }
        let (mut issuers, mut listed): (Vec<&str>, BTreeSet<&str>) = (Vec::new(), BTreeSet::new());
        for entry in &entries {
            let Some(text) = entry.as_str() else {
                return Err(Stop::violation(
                    "issuer identifiers",
                    "an entry of authorization_servers that is no string",
                ));
            };
            if let Some(flaw) = flaw(text) {
                return Err(Stop::violation("an issuer identifier", format!("{}, which {flaw}", quoted(text))));
            }
            if listed.insert(text) {
                issuers.push(text);
            }
        }
        if issuers.is_empty() {
            return Err(Stop::not_applicable("no document lists an authorization server"));
        }
        let (mut known, mut unknown) = (false, None);
        for (nth, issuer) in issuers.iter().enumerate() {
            match standing(cx, issuer, nth < ASKED).await {
                Standing::Issuer => known = true,
                Standing::Unknown => unknown = Some(*issuer),
                Standing::NotIssuer(actual) => {
                    let expected = format!("metadata whose issuer is {}", quoted(issuer));
                    return Err(Stop::violation(expected, actual));
                }
            }
        }
        match unknown {
            None => Ok(()),
            // One that is known is enough: a server may list several, and only its own zone is ours to judge.
            Some(issuer) if known => {
                cx.remark(format!("{} was not asked for its metadata", quoted(issuer)));
                Ok(())
            }
            Some(_) if cx.zone().is_err() => Err(Stop::NotTested { need: Need::ZoneControl }),
            Some(issuer) => Err(Stop::inconclusive(format!(
                "the metadata of {} was not reached, which a client would ask for its issuer",
                quoted(issuer)
            ))),
        }
    }
}

/// Most authorization servers that are asked for their metadata: a hostile list is as long as it likes.
const ASKED: usize = 5;

/// What is known of an entry.
enum Standing {
    /// It is an issuer.
    Issuer,
    /// It is none; what it is instead.
    NotIssuer(String),
    /// Nobody answered who would know.
    Unknown,
}

async fn standing(cx: &Context, entry: &str, may_ask: bool) -> Standing {
    if cx.zone().is_ok_and(|zone| zone.issuer() == entry) {
        return Standing::Issuer;
    }
    let url = Url::parse(entry).ok().filter(|url| may_ask && may_be_fetched(url, cx.url()));
    let mut other = None;
    for url in url.as_ref().map(metadata_urls).unwrap_or_default() {
        let Ok(reply) = cx.fetch(url.clone(), "authorization server metadata").await else { continue };
        let body = reply.json().filter(|_| reply.status.is_success()).unwrap_or_default();
        match body["issuer"].as_str() {
            Some(issuer) if issuer == entry => return Standing::Issuer,
            Some(issuer) => other = Some(format!("issuer {} from {url}", quoted(issuer))),
            None => {}
        }
    }
    match other {
        Some(other) => Standing::NotIssuer(other),
        None if names_an_endpoint(entry) => {
            Standing::NotIssuer(format!("{}, which looks like one of its endpoints", quoted(entry)))
        }
        None => Standing::Unknown,
    }
}

/// What can be seen to be wrong with an entry by itself (RFC 8414 section 2).
fn flaw(entry: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(entry) else { return Some("is no URL") };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Some("is not https"),
    }
    if entry.contains('?') {
        return Some("has a query");
    }
    if entry.contains('#') {
        return Some("has a fragment");
    }
    url.path().contains("/.well-known/").then_some("is a well-known URL")
}

/// Whether a URL ends as endpoints of authorization servers do. Nothing forbids an issuer to end so, too.
fn names_an_endpoint(entry: &str) -> bool {
    let path = Url::parse(entry).map(|url| url.path().to_owned()).unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    ["authorize", "token", "jwks", "jwks.json", "userinfo", "introspect", "revoke"].contains(&last)
}

/// Where an issuer's metadata may be: RFC 8414 section 3.1, and OpenID Connect Discovery with the path before it.
fn metadata_urls(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut urls: Vec<Url> = Vec::new();
    for at in [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ] {
        let mut url = issuer.clone();
        url.set_path(&at);
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_issuer_is_seen_without_asking() {
        assert_eq!(flaw("https://zone.example"), None);
        assert_eq!(flaw("https://zone.example/tenant/"), None);
        assert_eq!(flaw("http://127.0.0.1:9000"), None);
        assert!(flaw("zone.example").is_some());
        assert!(flaw("http://zone.example").is_some());
        assert!(flaw("https://zone.example?x=1").is_some());
        assert!(flaw("https://zone.example#x").is_some());
        assert!(flaw("https://zone.example/.well-known/openid-configuration").is_some());
    }

    #[test]
    fn an_endpoint_is_known_by_its_last_segment() {
        assert!(names_an_endpoint("https://zone.example/oauth/2/authorize"));
        assert!(!names_an_endpoint("https://zone.example/tokens"));
        assert!(!names_an_endpoint("https://token"));
    }

    #[test]
    fn metadata_is_looked_for_in_every_way() {
        let urls = |issuer: &str| -> Vec<String> {
            metadata_urls(&Url::parse(issuer).unwrap()).iter().map(Url::to_string).collect()
        };
        assert_eq!(
            urls("https://h/a/"),
            [
                "https://h/.well-known/oauth-authorization-server/a",
                "https://h/.well-known/openid-configuration/a",
                "https://h/a/.well-known/openid-configuration"
            ]
        );
        assert_eq!(urls("https://h").len(), 2);
    }
}
