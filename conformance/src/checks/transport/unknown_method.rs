//! What the server does not know, it says so.

use http::StatusCode;
use serde_json::Map;

use super::expect_error;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::mcp::{METHOD_NOT_FOUND, Operation};
use crate::page;

page! {
    /// An unknown method is answered 404 with error -32601
    ///
    /// # What it checks
    /// A request with the method `suite/unknown` is sent with the accepted token. The answer must be 404 with JSON-RPC
    /// error -32601.
    ///
    /// # Why it matters
    /// By the status, clients and gateways tell a method that the server does not have from one that failed.
    ///
    /// # How to fix it
    /// Answer 404 with JSON-RPC error -32601 for every method that you do not serve. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Protocol Version Header".
    pub struct UnknownMethod;
}

const META: Meta = Meta {
    id: "unknown-method",
    requirements: &["mcp-transport-method-not-found-404"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for UnknownMethod {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let unknown = Operation::Other("suite/unknown", Map::new());
        let reply = cx.send(&cx.operation(&unknown).bearer(&token.compact)).await?;
        expect_error(&reply, "an unknown method", StatusCode::NOT_FOUND, &[METHOD_NOT_FOUND])
    }
}
