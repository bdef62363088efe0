//! Two sources of truth are none.

use super::{bearing_tool, expect_not_served, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request whose Mcp-Method differs from its body is refused
    ///
    /// # What it checks
    /// The request that was just served is sent again with another method in `Mcp-Method`: `tools/list` over a
    /// `tools/call`, else `server/discover`. It must not be served.
    ///
    /// # Why it matters
    /// A gateway that lets `tools/list` pass and stops `tools/call` looks at the header. Where the server acts on the
    /// body, whoever writes one thing into each gets past the gateway.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Server Validation".
    pub struct MethodHeaderDiffers;
}

const META: Meta = Meta {
    id: "method-header-differs",
    requirements: &["mcp-transport-mcp-method-mismatch"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for MethodHeaderDiffers {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let other = if bearing_tool(cx).is_ok() { "tools/list" } else { "server/discover" };
        let request = request(cx, &token.compact).header("mcp-method", other).purpose(format!("Mcp-Method: {other}"));
        expect_not_served(&cx.send(&request).await?, &format!("{} with Mcp-Method: {other}", cx.bearing_name()))
    }
}
