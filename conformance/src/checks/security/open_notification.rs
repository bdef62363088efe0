//! A message without an answer is still a message.

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;

page! {
    /// A notification needs a valid token
    ///
    /// # What it checks
    /// The notification notifications/cancelled, for a request that was never made, is sent without a token and
    /// with a word that is no token. Neither may be accepted. 401 and 403 are refusals. Another 4xx counts where
    /// the same request with the accepted token is served, else it may be the transport's and is inconclusive, as
    /// are errors of the server.
    ///
    /// # Why it matters
    /// Notifications cancel requests and report progress. From somebody who is nobody, neither may be believed.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Sending Messages to the Server".
    pub struct OpenNotification;
}

const META: Meta = Meta {
    id: "notification-without-token",
    requirements: &["mcp-transport-notification-rejected-status"],
    level: Level::Must,
    area: Area::Security,
    follows_from: &["garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for OpenNotification {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        expect_closed(cx, "a notification", &cx.operation(&Operation::Notification("notifications/cancelled"))).await
    }
}
