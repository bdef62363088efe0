//! The event stream is a way in.

use http::Method;

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// GET needs a valid token
    ///
    /// # What it checks
    /// GET on the endpoint, which opens an event stream where the server has one, is sent without a token and with
    /// a word that is no token. Neither should be served. 401, 403, 404, 405 and 406 are refusals; errors of the
    /// server and of layers in front of it (429 and the like) are inconclusive.
    ///
    /// # Why it matters
    /// Over the stream a server tells its clients what goes on: results, notifications, questions. Whoever may open
    /// it without a token hears what was meant for another.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning"; MCP Security Best Practices, "Session Hijacking".
    pub struct OpenGet;
}

const META: Meta = Meta {
    id: "get-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    follows_from: &["garbage-token-crash"],
    ..Meta::CALM
};

impl Check for OpenGet {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        expect_closed(cx, "GET", &cx.method(Method::GET)).await
    }
}
