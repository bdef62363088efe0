//! Since 2025-11-25 there are two ways to the metadata, and one will do.

use super::published::found;
use crate::check::{Area, Check, Level, Meta, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A client finds protected resource metadata by one way or the other
    ///
    /// # What it checks
    /// The document is looked for at the challenge's `resource_metadata` and at the path-inserted and the root well-known URL, as
    /// in metadata-published. One of the two ways, the challenge or a well-known URL, must lead to it. Where that check fails,
    /// this one fails with it; it is not run for a server of older revisions alone.
    ///
    /// # Why it matters
    /// A client that finds no document knows of no authorization server, and gets no token.
    ///
    /// # How to fix it
    /// Name the document in `resource_metadata` of every 401, or serve it at the well-known URL of the endpoint's path or of
    /// the root; better both.
    ///
    /// # Reference
    /// MCP 2025-11-25, Authorization, "Protected Resource Metadata Discovery Requirements".
    pub struct MetadataDiscoverable;
}

const META: Meta = Meta {
    id: "metadata-discoverable",
    requirements: &["mcp-auth-discovery-mechanism"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-published"],
    ..Meta::CALM
};

impl Check for MetadataDiscoverable {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        found(cx).await
    }
}
