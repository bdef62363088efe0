//! What is in front of a server decides by headers.

use super::{expect_not_served, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request without Mcp-Method is refused
    ///
    /// # What it checks
    /// The request that was just served is sent again without `Mcp-Method`. It must not be served.
    ///
    /// # Why it matters
    /// Gateways route, limit and log by this header. A request without it passes by their rules.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Standard Request Headers".
    pub struct MethodHeaderMissing;
}

const META: Meta = Meta {
    id: "method-header-missing",
    requirements: &["mcp-transport-mcp-method-required"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for MethodHeaderMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let request = request(cx, &token.compact).without("mcp-method").purpose("no Mcp-Method");
        expect_not_served(&cx.send(&request).await?, "a request without Mcp-Method")
    }
}
