//! No introduction needed.

use super::looked_at;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::{self, Session};
use crate::page;
use crate::reply::Outcome;

page! {
    /// The first request may be a tool call
    ///
    /// # What it checks
    /// The bearing request is sent with the accepted token and without a session, as if it were the very first. Whether
    /// it is served, and whether it comes back with an `Mcp-Session-Id`, is reported. Sessions are allowed.
    ///
    /// # Why it matters
    /// A server without sessions can be restarted and multiplied at will, and has no session to be stolen.
    ///
    /// # How to fix it
    /// Nothing is broken. The guide's server is made with `sessionIdGenerator: undefined`.
    ///
    /// # Reference
    /// The Keycard guide, "Write the Server".
    pub struct StatelessMode;
}

const META: Meta = Meta {
    id: "stateless-mode",
    requirements: &["keycard-guide-stateless-mode"],
    level: Level::May,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for StatelessMode {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let request = mcp::post(cx.url(), cx.bearing_operation(), cx.revision(), &Session::default());
        let request = request.bearer(&token.compact).purpose(format!("{} without a session", cx.bearing_name()));
        let reply = cx.send(&request).await?;
        looked_at(&reply, "a request without a session")?;
        let mints = reply.headers.contains_key("mcp-session-id");
        match reply.outcome() {
            Outcome::Served if !mints => Ok(()),
            Outcome::ServerError => Err(Stop::inconclusive(format!("without a session it got {}", reply.describe()))),
            outcome => {
                let with = if outcome == Outcome::Served { " and an Mcp-Session-Id" } else { "" };
                Err(Stop::violation("a request served without any session", format!("{}{with}", reply.describe())))
            }
        }
    }
}
