//! This revision has no sessions.

use super::{looked_at, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;

page! {
    /// A session id from an older client is ignored
    ///
    /// # What it checks
    /// The request that was just served is sent again with a made-up `Mcp-Session-Id`. It should be served all the
    /// same, and the answer should have no such header.
    ///
    /// # Why it matters
    /// A client that moves between revisions may still send one. A server that looks for that session refuses a request
    /// that stands by itself.
    ///
    /// # How to fix it
    /// Leave `Mcp-Session-Id` unread, and send none, in revisions without sessions.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Earlier Streamable HTTP Revisions".
    pub struct SessionIdIgnored;
}

const META: Meta = Meta {
    id: "session-id-ignored",
    requirements: &["mcp-transport-session-id-ignored"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for SessionIdIgnored {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let request = request(cx, &token.compact).header("mcp-session-id", &format!("conformance-{}", random_id()));
        let reply = cx.send(&request.purpose("a made-up Mcp-Session-Id")).await?;
        if reply.headers.contains_key("mcp-session-id") {
            return Err(Stop::violation("no Mcp-Session-Id in the answer", "one"));
        }
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        looked_at(&reply, "a made-up Mcp-Session-Id")?;
        Err(Stop::violation("the request served, whatever its Mcp-Session-Id", reply.describe()))
    }
}
