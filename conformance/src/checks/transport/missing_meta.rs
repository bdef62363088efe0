//! What a request has to say of itself.

use http::StatusCode;
use serde_json::Value;

use super::{HEADER_MISMATCH, INVALID_PARAMS, expect_error, of_this_revision_alone, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request without a required field of _meta is answered with invalid params
    ///
    /// # What it checks
    /// The request that was just served is sent again without `clientCapabilities` in `_meta`: the answer must be 400
    /// with JSON-RPC error -32602. Then without `protocolVersion`, where -32020 is right as well; a server that also
    /// speaks a revision with `initialize` may take that one for such a request and is not judged on it.
    ///
    /// # Why it matters
    /// A server that fills in what was not said decides for the client what it can do, and asks it for what it cannot
    /// give.
    ///
    /// # How to fix it
    /// Check that `protocolVersion` and `clientCapabilities` are there before the message is dispatched. `clientInfo`
    /// may be missing.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "_meta".
    pub struct MissingMeta;
}

const META: Meta = Meta {
    id: "missing-meta",
    requirements: &["mcp-base-meta-required"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for MissingMeta {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let without = |field: &'static str| {
            let name = format!("io.modelcontextprotocol/{field}");
            let take_out =
                move |m: &mut Value| drop(m["params"]["_meta"].as_object_mut().map(|meta| meta.remove(&name)));
            request(cx, &token.compact).message(take_out).purpose(format!("no {field} in _meta"))
        };
        let reply = cx.send(&without("clientCapabilities")).await?;
        expect_error(&reply, "a request without clientCapabilities", StatusCode::BAD_REQUEST, &[INVALID_PARAMS])?;
        if of_this_revision_alone(cx, &token.compact).await.is_err() {
            return Ok(());
        }
        let reply = cx.send(&without("protocolVersion")).await?;
        let codes = [INVALID_PARAMS, HEADER_MISMATCH];
        expect_error(&reply, "a request without protocolVersion in _meta", StatusCode::BAD_REQUEST, &codes)
    }
}
