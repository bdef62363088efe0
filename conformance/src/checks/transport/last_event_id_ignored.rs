//! This revision replays nothing.

use serde_json::Value;

use super::{looked_at, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// Last-Event-ID is ignored
    ///
    /// # What it checks
    /// The request that was just served is sent again with `Last-Event-ID: 1`. It should be served, and the answer
    /// should have no result but its own.
    ///
    /// # Why it matters
    /// What is replayed to whoever names the right number was meant for the one who had asked before.
    ///
    /// # How to fix it
    /// Leave `Last-Event-ID` unread in revisions without streams that are resumed.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Earlier Streamable HTTP Revisions".
    pub struct LastEventIdIgnored;
}

const META: Meta = Meta {
    id: "last-event-id-ignored",
    requirements: &["mcp-transport-last-event-id-ignored"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for LastEventIdIgnored {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let request = request(cx, &token.compact).header("last-event-id", "1").purpose("Last-Event-ID: 1");
        let reply = cx.send(&request).await?;
        looked_at(&reply, "Last-Event-ID")?;
        let own = request.rpc_id.unwrap_or_default();
        let is_foreign = |m: &Value| (m.get("result").is_some() || m.get("error").is_some()) && m["id"] != own;
        if reply.messages().iter().any(is_foreign) {
            return Err(Stop::violation("the answer to the request alone", "an answer to another one as well"));
        }
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        Err(Stop::violation("the request served, whatever its Last-Event-ID", reply.describe()))
    }
}
