//! The first request of a connection.

use async_trait::async_trait;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;

page! {
    /// initialize needs a valid token
    ///
    /// # What it checks
    /// initialize. Each is sent without a token and with one that is garbage; neither should be served. 401, 403,
    /// 404, 405 and 406 are all refusals.
    ///
    /// # Why it matters
    /// Protection that covers one kind of request only is a matter of time until the other kind does something.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning"; MCP Security Best Practices, "Session Hijacking".
    pub struct OpenInitialize;
}

const META: Meta = Meta {
    id: "initialize-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

#[async_trait]
impl Check for OpenInitialize {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (what, token) in [("no token", None), ("garbage", Some("not-a-token"))] {
            let request = cx.operation(&Operation::Initialize).purpose(format!("initialize with {what}"));
            let request = match token {
                Some(token) => request.bearer(token),
                None => request,
            };
            let reply = cx.send(&request).await?;
            if reply.status.is_success() && reply.outcome() != Outcome::NotServedIn2xx {
                return Err(Stop::violation(format!("a refusal with {what}"), reply.describe()));
            }
        }
        Ok(())
    }
}
