//! 403 says what is wrong.

use http::StatusCode;

use super::foreign_origin::{foreign_origins, from_origin};
use super::looked_at;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A foreign Origin is answered 403
    ///
    /// # What it checks
    /// The requests of `foreign-origin` are sent, and each refusal must have the status 403. Where they are served,
    /// that check judges it and this one does not apply.
    ///
    /// # Why it matters
    /// A client that gets 401 asks its user to sign in again, and one that gets 400 thinks its message is wrong.
    /// Neither helps where the page is what is refused.
    ///
    /// # How to fix it
    /// Answer 403 where the Origin is not on your list.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Security & Endpoint".
    pub struct ForeignOriginStatus;
}

const META: Meta = Meta {
    id: "foreign-origin-status",
    requirements: &["mcp-transport-origin-403"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for ForeignOriginStatus {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        for origin in foreign_origins(cx) {
            let reply = cx.send(&from_origin(cx, &token, &origin)).await?;
            if reply.outcome() == Outcome::Served || reply.refuses_with_result() {
                return Err(Stop::not_applicable(format!("a request with Origin {origin} was served")));
            }
            if reply.status != StatusCode::FORBIDDEN {
                looked_at(&reply, &format!("a request with Origin {origin}"))?;
            }
            reply.expect_status(StatusCode::FORBIDDEN)?;
        }
        Ok(())
    }
}
