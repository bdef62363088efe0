//! Which tool is called, for those who do not read bodies.

use super::{bearing_tool, expect_not_served, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A tool call without Mcp-Name is refused
    ///
    /// # What it checks
    /// The tool call that was just served is sent again without `Mcp-Name`. It must not be served.
    ///
    /// # Why it matters
    /// Gateways decide by this header who may call which tool. A call without it passes by their rules.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Standard Request Headers".
    pub struct NameHeaderMissing;
}

const META: Meta = Meta {
    id: "name-header-missing",
    requirements: &["mcp-transport-mcp-name-required"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken, Need::DeclaredTool],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for NameHeaderMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        bearing_tool(cx)?;
        let token = cx.served_token().await?;
        let request = request(cx, &token.compact).without("mcp-name").purpose("no Mcp-Name");
        expect_not_served(&cx.send(&request).await?, "a tool call without Mcp-Name")
    }
}
