//! Nothing to say is said with 202.

use http::StatusCode;

use super::looked_at;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;

page! {
    /// A notification that is accepted is answered 202 without a body
    ///
    /// # What it checks
    /// notifications/initialized, in 2026-07-28 notifications/cancelled for a request that was never made, is sent with
    /// the accepted token, in its session where there is one. Where the answer is 2xx, it must be 202 and have no body.
    /// A 4xx refuses the notification, which a server may do.
    ///
    /// # Why it matters
    /// Clients wait for the answer of what is not 202, or take a body for a message.
    ///
    /// # How to fix it
    /// Answer 202 without a body to every message that has no id.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Sending Messages".
    pub struct NotificationStatus;
}

const META: Meta = Meta {
    id: "notification-status",
    requirements: &["mcp-transport-notification-202"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for NotificationStatus {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let method = if cx.revision().initializes() { "notifications/initialized" } else { "notifications/cancelled" };
        let reply = cx.send(&cx.operation(&Operation::Notification(method)).bearer(&token.compact)).await?;
        if reply.status.is_client_error() {
            return looked_at(&reply, method);
        }
        looked_at(&reply, method)?;
        if reply.status.is_server_error() {
            return Err(Stop::inconclusive(format!("{method} got {}", reply.describe())));
        }
        reply.expect_status(StatusCode::ACCEPTED)?;
        if reply.body.is_empty() {
            return Ok(());
        }
        Err(Stop::violation("202 without a body", format!("202 with {} bytes", reply.body.len())))
    }
}
