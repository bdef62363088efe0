//! What is wrong, and not who.

use http::StatusCode;

use super::{looked_at, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A request without its session id is answered 400
    ///
    /// # What it checks
    /// Where the server issues a session id, the request that was just served is sent again without it. It should be
    /// answered 400, or served, since a server need not ask for the id.
    ///
    /// # Why it matters
    /// On 404 a client takes its session for ended and begins anew; 400 says that it forgot to name it.
    ///
    /// # How to fix it
    /// Answer 400 where `Mcp-Session-Id` is missing and 404 where it names no session.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Session Management".
    pub struct SessionMissing;
}

const META: Meta = Meta {
    id: "session-missing",
    requirements: &["mcp-session-missing-400"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for SessionMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        if cx.session().id.is_none() {
            return Err(Stop::not_applicable("the server issues no session id"));
        }
        let reply = cx.send(&request(cx, &token.compact).without("mcp-session-id").purpose("no session id")).await?;
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        looked_at(&reply, "a request without its session id")?;
        reply.expect_status(StatusCode::BAD_REQUEST)
    }
}
