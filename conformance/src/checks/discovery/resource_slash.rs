//! The slash that makes two names of one server.

use super::resources;
use crate::reply::Outcome;
use crate::survey::{TokenFound, random_id};
use crate::text::quoted;
use url::Url;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The resource identifier has no final slash that means nothing
    ///
    /// # What it checks
    /// Where `resource` ends in `/`, the URL without it is tried. It should not lead to the same endpoint:
    /// then the slash means nothing and should be left out. The same endpoint is one that serves the accepted
    /// token; without a token, one that refuses as the endpoint does while a neighbouring path does not. A
    /// redirect is taken for a slash that matters.
    ///
    /// # Why it matters
    /// Identifiers are compared as text. Half of the clients and libraries strip a final slash, and then the
    /// audience of the token and the name of the server differ.
    ///
    /// # How to fix it
    /// Leave the slash out of the resource identifier, in the metadata and in the verifier's audience.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Canonical Server URI".
    pub struct MetadataResourceSlash;
}

const META: Meta = Meta {
    id: "metadata-resource-slash",
    requirements: &["mcp-auth-canonical-no-trailing-slash"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResourceSlash {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let all = resources(cx.discovery())?;
        let path_of = |resource: &str| Url::parse(resource).map(|url| url.path().trim_end_matches('/').to_owned());
        let names_endpoint =
            |resource: &str| path_of(resource).is_ok_and(|path| Ok(path) == path_of(cx.url().as_str()));
        let has_own = all.iter().any(|(_, resource)| names_endpoint(resource));
        for (place, resource) in all {
            // A second document for the origin is about another resource.
            if has_own && !names_endpoint(&resource) {
                continue;
            }
            let Some(bare) = resource.strip_suffix('/').filter(|r| !r.contains(['?', '#'])) else { continue };
            let Ok(bare) = Url::parse(bare) else { continue };
            if is_same_endpoint(cx, &bare).await? {
                let actual = format!("{} in the document at {}", quoted(&resource), place.url);
                return Err(Stop::violation("a resource without its final slash, which means nothing", actual));
            }
        }
        Ok(())
    }
}

/// Whether this URL leads to the endpoint under test.
async fn is_same_endpoint(cx: &Context, bare: &Url) -> Result<bool, Stop> {
    // To HTTP an origin with and without its slash is the same.
    if bare.path() == "/" || bare == cx.url() {
        return Ok(true);
    }
    if bare.origin() != cx.url().origin() {
        return Err(Stop::inconclusive(format!("{bare} lies on another origin, so it was not tried")));
    }
    let at = |url: Url| {
        let mut request = cx.bearing();
        request.url = url;
        request
    };
    if let TokenFound::Accepted(token) = &cx.survey().token {
        let request = at(bare.clone()).bearer(&token.compact).purpose("the accepted token, without the final slash");
        return Ok(cx.send(&request).await?.outcome() == Outcome::Served);
    }
    let reply = cx.send(&at(bare.clone()).purpose("no credentials, without the final slash")).await?;
    if reply.outcome() != Outcome::Unauthorized {
        return Ok(false);
    }
    let mut neighbour = bare.clone();
    neighbour.set_path(&format!("{}-{}", bare.path(), random_id()));
    let elsewhere = cx.send(&at(neighbour).purpose("no credentials, a path that nothing serves")).await?;
    if elsewhere.outcome() == Outcome::Unauthorized {
        return Err(Stop::inconclusive("every path answers 401, so what the slash means could not be told"));
    }
    Ok(true)
}
