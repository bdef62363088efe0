//! The link from a refusal to the metadata.

use super::{bearer_challenges, refusals};
use crate::checks::discovery::relation::{Relation, other_name, relation};
use crate::discovery::{is_loopback, may_be_fetched};
use crate::reply::Reply;
use crate::text::quoted;
use http::StatusCode;
use url::Url;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::redirects::Led;

page! {
    /// resource_metadata leads to the metadata of this server
    ///
    /// # What it checks
    /// The parameter is taken from the challenges that answer no token, a garbage token and, where a tool
    /// needs a scope, a token without it. It must be an absolute URL, https outside loopback, that answers
    /// 200 with a metadata document about the endpoint or what it lies under. Redirects are followed. A URL
    /// of another origin is not fetched and inconclusive. A server may leave the parameter out.
    ///
    /// # Why it matters
    /// It is the first place where clients look, and many look nowhere else once they have it.
    ///
    /// # How to fix it
    /// Build the URL from the server's public address, not from the request, and test that it answers.
    ///
    /// # Reference
    /// RFC 9728 section 5.1; MCP 2026-07-28, Authorization, "Protected Resource Metadata Discovery
    /// Requirements".
    pub struct ChallengeMetadataUrl;
}

const META: Meta = Meta {
    id: "challenge-metadata-url",
    requirements: &["rfc9728-5.1-resource-metadata-url"],
    level: Level::Must,
    area: Area::Challenge,
    follows_from: &[
        "metadata-open",
        "metadata-published",
        "metadata-status",
        "metadata-content-type",
        "metadata-resource-endpoint",
    ],
    ..Meta::CALM
};

impl Check for ChallengeMetadataUrl {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut values: Vec<String> = Vec::new();
        for (_, challenge) in bearer_challenges(&refusals(cx).await?)? {
            let value = challenge.param("resource_metadata").map(str::to_owned);
            values.extend(value.filter(|v| !values.contains(v)));
        }
        if values.is_empty() {
            return Err(Stop::not_applicable("no challenge has resource_metadata"));
        }
        let mut urls = Vec::new();
        for value in &values {
            urls.push(absolute(value)?);
        }
        let mut inconclusive = Ok(());
        for url in urls {
            match leads_to_metadata(cx, &url).await {
                Err(stop @ Stop::Inconclusive { .. }) => inconclusive = Err(stop),
                other => other?,
            }
        }
        inconclusive
    }
}

/// The parameter as the URL that it must be.
fn absolute(value: &str) -> Result<Url, Stop> {
    let refused = |expected: &str| Stop::violation(expected, format!("resource_metadata {}", quoted(value)));
    let url = Url::parse(value).map_err(|_| refused("an absolute URL"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(refused("an https URL")),
    }
}

async fn leads_to_metadata(cx: &Context, url: &Url) -> Verdict {
    let away = |url: &Url| Stop::inconclusive(format!("{url} is of another origin, so it was not fetched"));
    if !may_be_fetched(url, cx.url()) {
        return Err(away(url));
    }
    match cx.follow(url, "application/json").await? {
        Led::To(reply) => is_metadata(&reply, url, cx.url()),
        Led::Nowhere(_) => Err(Stop::violation(format!("the document at {url}"), "a redirect that never ends")),
        Led::Away(url, _) => Err(away(&url)),
    }
}

fn is_metadata(reply: &Reply, url: &Url, endpoint: &Url) -> Verdict {
    if reply.status != StatusCode::OK {
        return Err(Stop::violation(format!("200 from {url}"), reply.status.as_u16().to_string()));
    }
    let body = reply.json().unwrap_or_default();
    let Some(document) = body.as_object() else {
        return Err(Stop::violation(format!("a metadata document at {url}"), "200 with a body that is no JSON object"));
    };
    // A document that names nobody is the finding of metadata-resource.
    let Some(resource) = document.get("resource").and_then(|r| r.as_str()) else { return Ok(()) };
    match relation(resource, endpoint) {
        Relation::Exact | Relation::Covering => Ok(()),
        Relation::OtherLoopbackName => Err(other_name(resource)),
        Relation::Another => Err(Stop::violation(
            format!("the metadata of {endpoint} at {url}"),
            format!("a document about {}", quoted(resource)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_absolute_and_safe_url_will_do() {
        assert!(absolute("https://h/.well-known/oauth-protected-resource").is_ok());
        assert!(absolute("http://127.0.0.1:9000/x").is_ok());
        for bad in ["/.well-known/oauth-protected-resource", "h/x", "http://h/x", "file:///x", ""] {
            assert!(absolute(bad).is_err(), "{bad}");
        }
    }
}
