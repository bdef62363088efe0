//! The tools, told to anybody.

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;

page! {
    /// tools/list needs a valid token
    ///
    /// # What it checks
    /// tools/list is sent without a token and with a word that is no token. Neither should be served. A server may
    /// leave it open on purpose, so this is a warning. 401 and 403 are refusals. Another 4xx counts where the same
    /// request with the accepted token is served, else it may be the transport's and is inconclusive, as are errors
    /// of the server.
    ///
    /// # Why it matters
    /// Names, descriptions and arguments of tools tell what lies behind a server, and how to ask for it.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning"; MCP Security Best Practices, "Session Hijacking".
    pub struct OpenList;
}

const META: Meta = Meta {
    id: "list-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    follows_from: &["garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for OpenList {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        expect_closed(cx, "tools/list", &cx.operation(&Operation::ListTools)).await
    }
}
