//! The end of a session is a request, too.

use http::Method;

use super::expect_closed;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::mcp::{self, Session};
use crate::page;
use crate::survey::TokenFound;

page! {
    /// DELETE needs a valid token
    ///
    /// # What it checks
    /// DELETE on the endpoint, which ends a session, is sent without a token and with a word that is no token;
    /// where the server has sessions, for one that was opened for this. Neither should be served. 401, 403, 404,
    /// 405 and 406 are refusals; errors of the server and of layers in front of it (429 and the like) are
    /// inconclusive.
    ///
    /// # Why it matters
    /// Whoever may end sessions without a token can keep every user from working.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every HTTP method and every JSON-RPC message, instead of
    /// into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning"; MCP Security Best Practices, "Session Hijacking".
    pub struct OpenDelete;
}

const META: Meta = Meta {
    id: "delete-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    follows_from: &["garbage-token-crash"],
    ..Meta::CALM
};

impl Check for OpenDelete {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut session = Session::default();
        if let TokenFound::Accepted(_) = &cx.survey().token {
            let token = cx.current_token().await?;
            // A session of its own: the one that the other checks use must not end here.
            session = cx.open_session(&token.compact, "the accepted token").await?.map_err(|refusal| {
                Stop::inconclusive(format!("the accepted token could open no session: {}", refusal.describe()))
            })?;
        }
        expect_closed(cx, "DELETE", &mcp::other(cx.url(), Method::DELETE, cx.revision(), &session)).await
    }
}
