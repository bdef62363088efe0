//! The authorization base URL has no path.

use super::own_server::{Metadata, bound, metadata_at, origin_metadata, under_path};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Authorization server metadata of 2025-03-26 are at the root of the origin
    ///
    /// # What it checks
    /// Where the endpoint has a path, authorization server metadata are looked for at the root of its origin, and under that
    /// path. A document that is only under the path is a failure. Only for a server whose newest revision is 2025-03-26 and
    /// that publishes no protected resource metadata.
    ///
    /// # Why it matters
    /// Clients of this revision drop the path and look at the root alone. They miss what is anywhere else, and go on with
    /// endpoints that they guess.
    ///
    /// # How to fix it
    /// Serve the document at `/.well-known/oauth-authorization-server` of the origin, whatever the endpoint's path.
    ///
    /// # Reference
    /// MCP 2025-03-26, Authorization, "Authorization Base URL".
    pub struct OriginMetadataRoot;
}

const META: Meta = Meta {
    id: "origin-metadata-at-root",
    requirements: &["mcp-2025-03-26-authorization-base-url"],
    level: Level::Must,
    area: Area::Discovery,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for OriginMetadataRoot {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        bound(cx).await?;
        if cx.url().path() == "/" {
            return Err(Stop::not_applicable("the endpoint has no path"));
        }
        let at_root = match origin_metadata(cx).await? {
            Metadata::Document(_) => return Ok(()),
            Metadata::Other(what) => what,
            Metadata::Absent => "404".to_owned(),
        };
        for url in under_path(cx.url()) {
            if let Metadata::Document(_) = metadata_at(cx, &url).await? {
                return Err(Stop::violation("the document at the root", format!("{at_root} there, and one at {url}")));
            }
        }
        Err(Stop::not_applicable("there is no document, so the default endpoints hold"))
    }
}
