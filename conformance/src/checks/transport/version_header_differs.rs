//! One request, one revision.

use http::StatusCode;
use serde_json::Value;

use super::{HEADER_MISMATCH, expect_error, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request whose MCP-Protocol-Version differs from its body is answered with a header mismatch
    ///
    /// # What it checks
    /// The request that was just served is sent again with 2025-11-25 in `_meta`, while the header still says
    /// 2026-07-28. The answer must be 400 with JSON-RPC error -32020.
    ///
    /// # Why it matters
    /// What a revision demands is checked by what one of the two says, and the request is carried out by the other.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Protocol Version Header".
    pub struct VersionHeaderDiffers;
}

const META: Meta = Meta {
    id: "version-header-differs",
    requirements: &["mcp-transport-version-header-mismatch"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for VersionHeaderDiffers {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let older =
            |m: &mut Value| m["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2025-11-25".into();
        let request = request(cx, &token.compact).message(older).purpose("2025-11-25 in _meta");
        expect_error(&cx.send(&request).await?, "two versions that differ", StatusCode::BAD_REQUEST, &[HEADER_MISMATCH])
    }
}
