//! A client learns from the code what to mend.

use http::StatusCode;
use serde_json::Value;

use super::{HEADER_MISMATCH, bearing_tool, expect_error, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A refusal because of the standard headers is 400 with error -32020
    ///
    /// # What it checks
    /// The request that was just served is sent with `Mcp-Method` left out, with another one, with another version in
    /// `_meta`, and, where it is a tool call, with `Mcp-Name` left out, with another one and with one whose base64
    /// cannot be decoded. Each that is refused must be answered 400 with JSON-RPC error -32020. What is served is
    /// judged by checks of its own.
    ///
    /// # Why it matters
    /// A client mends its headers on -32020. On another code it looks for the mistake elsewhere, or shows the user an
    /// error.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Server Validation".
    pub struct HeaderRefusal;
}

const META: Meta = Meta {
    id: "header-refusal",
    requirements: &["mcp-transport-header-mismatch-code"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    follows_from: &["version-header-differs"],
    ..Meta::CALM
};

impl Check for HeaderRefusal {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let good = request(cx, &token.compact);
        let older =
            |m: &mut Value| m["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2025-11-25".into();
        let mut wrong = vec![
            ("no Mcp-Method", good.clone().without("mcp-method")),
            ("another Mcp-Method", good.clone().header("mcp-method", "conformance/other")),
            ("another version in _meta", good.clone().message(older)),
        ];
        if bearing_tool(cx).is_ok() {
            wrong.push(("no Mcp-Name", good.clone().without("mcp-name")));
            wrong.push(("another Mcp-Name", good.clone().header("mcp-name", "conformance-other")));
            wrong.push(("an Mcp-Name that cannot be decoded", good.header("mcp-name", "=?base64?%?=")));
        }
        let mut refused = 0;
        for (what, request) in wrong {
            let reply = cx.send(&request.purpose(what)).await?;
            if reply.outcome() == Outcome::Served {
                continue;
            }
            expect_error(&reply, what, StatusCode::BAD_REQUEST, &[HEADER_MISMATCH])?;
            refused += 1;
        }
        if refused == 0 { Err(Stop::not_applicable("none of the wrong headers was refused")) } else { Ok(()) }
    }
}
