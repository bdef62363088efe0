//! In 2025-06-18 the challenge is the one way to the metadata.

use super::each_names_metadata;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Each 401 of 2025-06-18 names the metadata document
    ///
    /// # What it checks
    /// No token, a garbage token and, with a zone, an expired one are answered 401. Each of these answers must have
    /// `resource_metadata` in its WWW-Authenticate. Only for a server whose newest revision is 2025-06-18: later ones
    /// allow the well-known URL alone.
    ///
    /// # Why it matters
    /// A client of this revision looks nowhere else. It cannot find out where to get a token, also when the one that it
    /// has runs out.
    ///
    /// # How to fix it
    /// Send `WWW-Authenticate: Bearer resource_metadata="…"` with every 401, whatever was wrong with the request.
    ///
    /// # Reference
    /// MCP 2025-06-18, Authorization, "Authorization Server Location"; RFC 9728 section 5.1.
    pub struct MetadataInEachChallenge;
}

const META: Meta = Meta {
    id: "challenge-names-metadata",
    requirements: &["mcp-auth-401-resource-metadata-header"],
    level: Level::Must,
    area: Area::Challenge,
    needs: &[Need::ValidToken],
    follows_from: &["challenge-present"],
    ..Meta::CALM
};

impl Check for MetadataInEachChallenge {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        if let Some(later) = cx.later_revision().await? {
            return Err(Stop::not_applicable(format!(
                "the server also speaks {later}; older-challenge-names-metadata judges that"
            )));
        }
        each_names_metadata(cx).await
    }
}
