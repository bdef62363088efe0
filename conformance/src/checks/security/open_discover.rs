//! What a server says of itself.

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Revisions, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;

page! {
    /// server/discover needs a valid token
    ///
    /// # What it checks
    /// server/discover is sent without a token and with a word that is no token. Neither should be served. 401 and
    /// 403 are refusals. Another 4xx counts where the same request with the accepted token is served, else it may
    /// be the transport's and is inconclusive, as are errors of the server.
    ///
    /// # Why it matters
    /// Its answer names the server, its version and its capabilities: what an attacker looks up first.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning"; MCP Security Best Practices, "Session Hijacking".
    pub struct OpenDiscover;
}

const META: Meta = Meta {
    id: "discover-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    revisions: Revisions::Stateless,
    follows_from: &["garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for OpenDiscover {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        expect_closed(cx, "server/discover", &cx.operation(&Operation::Discover)).await
    }
}
