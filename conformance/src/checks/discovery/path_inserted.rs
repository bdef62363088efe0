//! The one place that follows from the resource identifier alone.

use super::relation::{Relation, relation};
use super::resources;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::Way;
use crate::page;

page! {
    /// The metadata lives at the well-known URL with the path inserted
    ///
    /// # What it checks
    /// For an endpoint `https://host/path` the document is fetched from
    /// `https://host/.well-known/oauth-protected-resource/path`. It should be there if a document that was
    /// found elsewhere names the endpoint as its resource. MCP allows a server to use the origin's well-known
    /// URL or the challenge alone.
    ///
    /// # Why it matters
    /// A strict client builds this URL from the resource identifier and looks nowhere else. It is also the
    /// only one that keeps two resources on one host apart.
    ///
    /// # How to fix it
    /// Serve the same document at the path-inserted URL too.
    ///
    /// # Reference
    /// RFC 9728 sections 3 and 3.1; MCP 2026-07-28, Authorization, "Protected Resource Metadata Discovery
    /// Requirements".
    pub struct MetadataPathInserted;
}

const META: Meta = Meta {
    id: "metadata-path-inserted",
    requirements: &["rfc9728-3-path-insertion"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-root-slash"],
    ..Meta::CALM
};

impl Check for MetadataPathInserted {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let discovery = cx.discovery();
        let Some(place) = discovery.places.iter().find(|p| p.way == Way::PathInserted) else {
            return Err(Stop::Bug { what: "the path-inserted URL was not looked at".to_owned() });
        };
        if place.document().is_some() {
            return Ok(());
        }
        let names_endpoint = |resource: &str| relation(resource, cx.url()) == Relation::Exact;
        if !resources(discovery)?.iter().any(|(_, resource)| names_endpoint(resource)) {
            return Err(Stop::not_applicable("no document names the endpoint itself as its resource"));
        }
        match &place.reply {
            Ok(_) => Err(Stop::violation(format!("the document at {}", place.url), place.describe())),
            Err(error) => Err(error.clone().into()),
        }
    }
}
