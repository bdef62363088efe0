//! A challenge that leads to a document about somebody else.

use super::advertised_resource;
use super::relation::{Relation, other_name, relation};

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The document behind the challenge is about the server that was asked
    ///
    /// # What it checks
    /// The document at the challenge's `resource_metadata` URL must name a resource of the endpoint's origin,
    /// whose path is the endpoint's or one that it lies under by whole segments. Where only the name of this
    /// machine differs (`localhost` and `127.0.0.1`) it is inconclusive: run again with the server's own
    /// name.
    ///
    /// # Why it matters
    /// A server that shows another's document makes its clients fetch tokens for that other resource and hand
    /// them over here.
    ///
    /// # How to fix it
    /// Set `resource` to the public URL of your MCP endpoint. Behind a proxy, configure that URL instead of
    /// taking it from the request.
    ///
    /// # Reference
    /// RFC 9728 sections 3.3 and 7.3; MCP 2026-07-28, Authorization, "Canonical Server URI".
    pub struct MetadataResourceEndpoint;
}

const META: Meta = Meta {
    id: "metadata-resource-endpoint",
    requirements: &["rfc9728-3.3-resource-match-request-url"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-resource-well-known"],
    ..Meta::CALM
};

impl Check for MetadataResourceEndpoint {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let (place, resource) = advertised_resource(cx.discovery())?;
        match relation(&resource, cx.url()) {
            Relation::Exact | Relation::Covering => Ok(()),
            Relation::OtherLoopbackName => Err(other_name(&resource)),
            Relation::Another => Err(Stop::violation(
                format!("a resource that is {} or above it", cx.url()),
                format!("{} in the document at {}", quoted(&resource), place.url),
            )),
        }
    }
}
