//! A version that is not spoken is not guessed at.

use http::StatusCode;

use super::{looked_at, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An MCP-Protocol-Version that is not supported is answered 400
    ///
    /// # What it checks
    /// The request that was just served is sent again, in its session where there is one, with `MCP-Protocol-Version`
    /// 1999-01-01 and then with one that is no date. Each must be answered 400.
    ///
    /// # Why it matters
    /// A server that takes any version serves a client by rules that the client does not follow, and nobody notices
    /// before something is lost.
    ///
    /// # How to fix it
    /// Compare the header of every request after `initialize` with the versions that you support, and answer 400
    /// otherwise.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Protocol Version Header".
    pub struct InvalidVersionHeader;
}

const META: Meta = Meta {
    id: "invalid-version-header",
    requirements: &["mcp-transport-version-invalid-400"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for InvalidVersionHeader {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        for version in ["1999-01-01", "not-a-version"] {
            let what = format!("MCP-Protocol-Version: {version}");
            let reply =
                cx.send(&request(cx, &token.compact).header("mcp-protocol-version", version).purpose(&what)).await?;
            looked_at(&reply, &what)?;
            if reply.status != StatusCode::BAD_REQUEST || reply.refuses_with_result() {
                return Err(Stop::violation(format!("400 for {what}"), reply.describe()));
            }
        }
        Ok(())
    }
}
