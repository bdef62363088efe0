//! Why the token was not enough.

use http::StatusCode;

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;
use crate::text::quoted;

page! {
    /// The 403 for scope says insufficient_scope
    ///
    /// # What it checks
    /// A tool that needs a scope is called without it. The answer should be 403 with a Bearer challenge whose error
    /// is `insufficient_scope`.
    ///
    /// # Why it matters
    /// The error is what tells a client to ask for more scope rather than to give up.
    ///
    /// # How to fix it
    /// Set `error="insufficient_scope"` in the challenge of the 403.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Runtime Insufficient Scope Errors"; RFC 6750 section 3.1.
    pub struct ScopeChallengeError;
}

const META: Meta = Meta {
    id: "scope-challenge-error",
    requirements: &["mcp-auth-403-challenge-insufficient-scope", "rfc6750-3.1-insufficient-scope-403"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["scope-missing", "scope-status", "scope-challenge"],
    ..Meta::CALM
};

impl Check for ScopeChallengeError {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut all = Together::default();
        for tool in tools(cx)? {
            all.add(judge(cx, tool).await);
        }
        all.verdict()
    }
}

async fn judge(cx: &Context, tool: &ScopedTool) -> Verdict {
    let scoped = cx.scoped_tool(tool).await?;
    let (missing, left) = scoped.lacking_one();
    let reply = cx.call_scoped(&scoped.tool, &left, &format!("all it needs but {missing}")).await?;
    if matches!(reply.outcome(), Outcome::ServerError) || reply.is_in_front() {
        return Err(Stop::inconclusive(format!("for want of a scope the answer was {}", reply.describe())));
    }
    let challenge = reply.bearer_challenge();
    let error = challenge.as_ref().and_then(|c| c.param("error"));
    if reply.status == StatusCode::FORBIDDEN && error == Some("insufficient_scope") {
        return Ok(());
    }
    let shown = error.map_or("no error".to_owned(), |e| format!("error {}", quoted(e)));
    Err(Stop::violation(
        "403 with error=\"insufficient_scope\" in a Bearer challenge",
        format!("{} with {shown}", reply.describe()),
    ))
}
