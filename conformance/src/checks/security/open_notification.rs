//! A message without an answer is still a message.

use async_trait::async_trait;

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;

page! {
    /// A notification needs a valid token
    ///
    /// # What it checks
    /// The notification notifications/initialized is sent without a token and with a word that is no token. Neither
    /// should be served. Any status from 400 to 499 is a refusal, but for those of a layer in front (408, 413, 421,
    /// 429, 431): these and errors of the server prove nothing. MCP wants an HTTP error for a notification that a
    /// server cannot accept, so this is a failure.
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
    ..Meta::CALM
};

#[async_trait]
impl Check for OpenNotification {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        expect_closed(cx, "a notification", &cx.operation(&Operation::Notification("notifications/initialized"))).await
    }
}
