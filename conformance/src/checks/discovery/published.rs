//! Whether a client that has only the URL can find out anything at all.

use super::is_behind_no_guard;
use crate::discovery::{Discovery, Place, may_be_fetched};
use url::Url;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::redirects::Led;

page! {
    /// Protected resource metadata is published
    ///
    /// # What it checks
    /// A request without credentials is sent. The URL in its challenge, the well-known URL with the
    /// endpoint's path and the well-known URL of the origin are then fetched. One of them must answer with a
    /// JSON object. It is inconclusive when a place does not answer, when the challenge names another
    /// origin, which the suite does not follow, or when a layer in front gives every answer.
    ///
    /// # Why it matters
    /// A client that knows nothing but the server's URL learns from this document where to get a token.
    /// Without it, every client has to be configured by hand.
    ///
    /// # How to fix it
    /// Serve the document at `/.well-known/oauth-protected-resource` followed by the endpoint's path, and
    /// name that URL in `resource_metadata` of every 401.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Overview" and "Protected Resource Metadata Discovery Requirements";
    /// RFC 9728 section 3.
    pub struct MetadataPublished;
}

const META: Meta = Meta {
    id: "metadata-published",
    requirements: &["mcp-auth-prm-implemented"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-open"],
    ..Meta::CALM
};

impl Check for MetadataPublished {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        found(cx).await
    }
}

/// Passes where a metadata document is at one of the places where clients look.
pub(super) async fn found(cx: &Context) -> Verdict {
    let discovery = cx.discovery();
    if !discovery.documents().is_empty() {
        return Ok(());
    }
    is_behind_no_guard(cx, discovery)?;
    let mut unknown = out_of_reach(cx, discovery);
    for place in &discovery.places {
        match &place.reply {
            Err(_) => unknown = Some(place.describe()),
            Ok(reply) if reply.is_in_front() => unknown = Some(place.describe()),
            Ok(reply) if reply.status.is_redirection() => match cx.follow(&place.url, "application/json").await {
                Ok(led) if led.is_document() => return Ok(()),
                Ok(Led::Away(url, _)) => {
                    unknown = Some(format!("{} redirects to {url}, another origin", place.url));
                }
                Ok(_) => {}
                Err(error) => unknown = Some(format!("{error} behind {}", place.url)),
            },
            Ok(_) => {}
        }
    }
    if let Some(because) = unknown {
        return Err(Stop::inconclusive(format!("no document was found, but {because}")));
    }
    let seen: Vec<_> = discovery.places.iter().map(Place::describe).collect();
    Err(Stop::violation("200 with a JSON object at one of the places where clients look", seen.join(", ")))
}

/// The challenge's URL, where the suite may not fetch it although a client would.
fn out_of_reach(cx: &Context, discovery: &Discovery) -> Option<String> {
    let url = Url::parse(discovery.advertised.as_deref()?).ok()?;
    let is_away = matches!(url.scheme(), "http" | "https") && !may_be_fetched(&url, cx.url());
    is_away.then(|| format!("the challenge names {url}, another origin"))
}
