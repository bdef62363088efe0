//! A client that is told what is spoken can speak it.

use http::StatusCode;
use serde_json::Value;

use super::{expect_error, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A version that is not spoken is answered with the list of those that are
    ///
    /// # What it checks
    /// The request that was just served is sent again with the version 1999-01-01 in header and `_meta`. The answer
    /// must be 400 with JSON-RPC error -32022 and a list in `data.supported` that is not empty.
    ///
    /// # Why it matters
    /// This revision has no handshake: the error is how client and server come to a version that both speak.
    ///
    /// # How to fix it
    /// Compare the version with those that you support before anything else in the message, and answer with the list.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Protocol Version Header"; Streamable HTTP, "Protocol Version Header".
    pub struct UnsupportedVersion;
}

const META: Meta = Meta {
    id: "unsupported-version",
    requirements: &["mcp-transport-version-unsupported-error"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

/// A version of which no server can know.
const ANCIENT: &str = "1999-01-01";
/// MCP 2026-07-28, `UnsupportedProtocolVersionError`.
const UNSUPPORTED_VERSION: i64 = -32022;

impl Check for UnsupportedVersion {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let ancient = |m: &mut Value| m["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = ANCIENT.into();
        let request = request(cx, &token.compact).header("mcp-protocol-version", ANCIENT).message(ancient);
        let reply = cx.send(&request.purpose("the version 1999-01-01")).await?;
        expect_error(&reply, "the version 1999-01-01", StatusCode::BAD_REQUEST, &[UNSUPPORTED_VERSION])?;
        let supported = reply.message().unwrap_or_default()["error"]["data"]["supported"].take();
        if supported.as_array().is_some_and(|all| !all.is_empty()) {
            return Ok(());
        }
        let actual = if supported.is_null() { "none".to_owned() } else { quoted(&supported.to_string()) };
        Err(Stop::violation("the supported versions in data.supported", actual))
    }
}
