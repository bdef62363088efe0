//! Two forms of an answer, and no third.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::text::quoted;

page! {
    /// A request is answered as JSON or as an event stream
    ///
    /// # What it checks
    /// The bearing request and tools/list are sent with the accepted token and both types in `Accept`. The answer must
    /// be `application/json` or `text/event-stream`.
    ///
    /// # Why it matters
    /// Clients choose by the type how to read the answer. One that is neither is not read, or, as text/html, shown by a
    /// browser.
    ///
    /// # How to fix it
    /// Set the Content-Type of every answer; do not rely on the framework's default.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Sending Messages".
    pub struct ContentType;
}

const META: Meta = Meta {
    id: "response-content-type",
    requirements: &["mcp-transport-response-content-type"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for ContentType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        for operation in [cx.bearing_operation(), &Operation::ListTools] {
            let what = operation.describe();
            let reply = cx.send(&cx.operation(operation).bearer(&token.compact)).await?;
            if !reply.status.is_success() {
                return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
            }
            let media_type = reply.media_type();
            if media_type != "application/json" && media_type != "text/event-stream" {
                let expected = format!("application/json or text/event-stream in answer to {what}");
                return Err(Stop::violation(expected, quoted(&media_type)));
            }
        }
        Ok(())
    }
}
