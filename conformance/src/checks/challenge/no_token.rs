//! The first answer that every client gets.

use super::control;
use crate::mcp::Operation;
use crate::reply::Outcome;
use async_trait::async_trait;

use crate::check::Need;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request without a token is answered 401
    ///
    /// # What it checks
    /// The request that is served with the accepted token is sent without `Authorization`. It is a call of
    /// the tool that the user named or of a read-only one, else `tools/list`. The answer must be 401. A
    /// server may leave `tools/list` open; then a tool has to be named. Without a token to compare with, an
    /// answer that is neither 401 nor service is inconclusive.
    ///
    /// # Why it matters
    /// 401 is what makes a client look for the authorization server. On any other status it shows an error
    /// and stops; and what is served needs no token at all.
    ///
    /// # How to fix it
    /// Put the authentication layer in front of the MCP endpoint as a whole, and let it answer 401 with a
    /// challenge.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Error Handling"; RFC 6750 section 3.1.
    pub struct NoToken;
}

const META: Meta = Meta {
    id: "no-token",
    requirements: &["mcp-auth-401-when-unauthenticated"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

#[async_trait]
impl Check for NoToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let has_token = control(cx).await?.is_some();
        let is_tool = matches!(cx.bearing_operation(), Operation::CallTool { .. });
        let request = cx.bearing().purpose(format!("{} without credentials", cx.bearing_name()));
        let reply = cx.send(&request).await?;
        match reply.outcome() {
            Outcome::Unauthorized => Ok(()),
            Outcome::Served if !is_tool => Err(Stop::NotTested { need: Need::DeclaredTool }),
            Outcome::Served => Err(Stop::violation("401 without a token", reply.describe())),
            _ if has_token && !reply.is_in_front() => Err(Stop::violation("401 without a token", reply.describe())),
            _ => Err(Stop::inconclusive(format!("without a token the answer was {}", reply.describe()))),
        }
    }
}
