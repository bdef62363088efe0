//! Clients of 2025-06-18 look for the metadata in the challenge alone, whatever else the server speaks.

use super::each_names_metadata;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A server that speaks 2025-06-18 among others names the metadata document in each 401
    ///
    /// # What it checks
    /// With `MCP-Protocol-Version` 2025-06-18, no token, a garbage token and, with a zone, an expired one are answered
    /// 401. Each of these answers should have `resource_metadata` in its WWW-Authenticate. Only for a server that also
    /// speaks a later revision: a 401 comes before a version is agreed, and later ones allow the well-known URL alone, so
    /// that this one's MUST is no more than a warning.
    ///
    /// # Why it matters
    /// A client of 2025-06-18 looks nowhere else. It cannot find out where to get a token, also when the one that it has
    /// runs out.
    ///
    /// # How to fix it
    /// Send `WWW-Authenticate: Bearer resource_metadata="…"` with every 401, or stop speaking 2025-06-18.
    ///
    /// # Reference
    /// MCP 2025-06-18, Authorization, "Authorization Server Location"; MCP 2025-11-25, Authorization, "Protected Resource
    /// Metadata Discovery Requirements".
    pub struct MetadataInOlderChallenges;
}

const META: Meta = Meta {
    id: "older-challenge-names-metadata",
    requirements: &["mcp-auth-401-resource-metadata-header"],
    level: Level::Should,
    area: Area::Challenge,
    needs: &[Need::ValidToken],
    follows_from: &["challenge-present"],
    ..Meta::CALM
};

impl Check for MetadataInOlderChallenges {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        if cx.later_revision().await?.is_none() {
            return Err(Stop::not_applicable(
                "it is the newest revision of the server; challenge-names-metadata judges that",
            ));
        }
        each_names_metadata(cx).await
    }
}
