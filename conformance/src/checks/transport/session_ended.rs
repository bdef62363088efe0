//! Gone is gone.

use http::{Method, StatusCode};

use super::looked_at;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A session that was ended is answered 404
    ///
    /// # What it checks
    /// A session is opened with the accepted token, used, and ended with DELETE. Where that is answered 2xx, a request
    /// in the session must be answered 404. A server that issues no session id, or lets no client end a session, is not
    /// concerned.
    ///
    /// # Why it matters
    /// By 404 a client knows that it has to begin anew. A session that goes on after its end can be used by whoever has
    /// its id.
    ///
    /// # How to fix it
    /// Forget the session at DELETE, and answer 404 to every id that you do not know.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Session Management".
    pub struct SessionEnded;
}

const META: Meta = Meta {
    id: "session-ended",
    requirements: &["mcp-session-terminated-404"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for SessionEnded {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let opened = cx.open_session(&token.compact, "the accepted token").await?;
        let session = opened.map_err(|refusal| Stop::inconclusive(format!("no session: {}", refusal.describe())))?;
        if session.id.is_none() {
            return Err(Stop::not_applicable("the server issues no session id"));
        }
        let in_session = |what: &str| {
            let request = mcp::post(cx.url(), cx.bearing_operation(), cx.revision(), &session);
            request.bearer(&token.compact).purpose(what)
        };
        let live = cx.send(&in_session("the accepted token in its session (control)")).await?;
        if live.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("in a session just opened the answer was {}", live.describe())));
        }
        let end = mcp::other(cx.url(), Method::DELETE, cx.revision(), &session).bearer(&token.compact);
        let ended = cx.send(&end.purpose("the end of that session")).await?;
        if !ended.status.is_success() {
            return Err(Stop::not_applicable(format!("DELETE got {}", ended.describe())));
        }
        let reply = cx.send(&in_session("the accepted token in the ended session")).await?;
        looked_at(&reply, "a request in an ended session")?;
        reply.expect_status(StatusCode::NOT_FOUND)
    }
}
