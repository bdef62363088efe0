//! Without the header a request is of an older revision.

use super::{expect_not_served, negotiate, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A request without MCP-Protocol-Version is refused
    ///
    /// # What it checks
    /// The request that was just served is sent again without `MCP-Protocol-Version`. It must not be served, unless the
    /// server also lets clients begin with a revision before 2025-06-18, which had no such header; then the check does
    /// not apply.
    ///
    /// # Why it matters
    /// Whoever stands in front of the server takes the request for one of an older revision and judges it by other
    /// rules than the server does.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Protocol Version Header".
    pub struct VersionHeaderMissing;
}

const META: Meta = Meta {
    id: "version-header-missing",
    requirements: &["mcp-transport-version-header-missing"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for VersionHeaderMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let request = request(cx, &token.compact).without("mcp-protocol-version").purpose("no MCP-Protocol-Version");
        let reply = cx.send(&request).await?;
        if reply.outcome() == Outcome::Served {
            for older in ["2025-03-26", "2024-11-05"] {
                if negotiate(cx, &token.compact, older).await?.1.as_deref() == Some(older) {
                    return Err(Stop::not_applicable(format!(
                        "the server also speaks {older}, which has no such header"
                    )));
                }
            }
        }
        expect_not_served(&reply, "a request without MCP-Protocol-Version")
    }
}
