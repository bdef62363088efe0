//! Where a client of 2025-03-26 looks first.

use super::own_server::{Metadata, bound, origin_metadata};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The origin of a server of 2025-03-26 serves authorization server metadata
    ///
    /// # What it checks
    /// `/.well-known/oauth-authorization-server` of the endpoint's origin should answer with a JSON object. Redirects within
    /// what the suite fetches are followed. Only for a server whose newest revision is 2025-03-26 and that publishes no
    /// protected resource metadata: later revisions look for the authorization server elsewhere.
    ///
    /// # Why it matters
    /// Without it a client has to guess the endpoints, and does not learn what they can do.
    ///
    /// # How to fix it
    /// Serve the metadata of RFC 8414 at the origin, without a token. Better, speak a later revision and name the
    /// authorization server in protected resource metadata.
    ///
    /// # Reference
    /// MCP 2025-03-26, Authorization, "Server Metadata Discovery"; RFC 8414 section 3.
    pub struct OriginMetadata;
}

const META: Meta = Meta {
    id: "origin-metadata",
    requirements: &["mcp-2025-03-26-as-metadata"],
    level: Level::Should,
    area: Area::Discovery,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for OriginMetadata {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        bound(cx).await?;
        let expected = "200 with a JSON object at /.well-known/oauth-authorization-server of the origin";
        match origin_metadata(cx).await? {
            Metadata::Document(_) => Ok(()),
            Metadata::Other(what) => Err(Stop::violation(expected, what)),
            Metadata::Absent => Err(Stop::violation(expected, "404")),
        }
    }
}
