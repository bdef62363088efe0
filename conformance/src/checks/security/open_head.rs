//! The method that handlers forget.

use http::Method;

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// HEAD needs a valid token
    ///
    /// # What it checks
    /// HEAD on the endpoint is sent without a token and with a word that is no token. Neither should be served.
    /// 401, 403, 404, 405 and 406 are refusals; errors of the server and of layers in front of it (429 and the
    /// like) are inconclusive.
    ///
    /// # Why it matters
    /// Frameworks answer HEAD with the handler for GET, and protection that is tied to methods by name is not
    /// asked.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning"; MCP Security Best Practices, "Session Hijacking".
    pub struct OpenHead;
}

const META: Meta = Meta {
    id: "head-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    follows_from: &["garbage-token-crash"],
    ..Meta::CALM
};

impl Check for OpenHead {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        expect_closed(cx, "HEAD", &cx.method(Method::HEAD)).await
    }
}
