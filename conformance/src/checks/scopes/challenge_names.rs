//! The scopes that would do.

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;
use crate::text::quoted;

page! {
    /// The 403 for scope names the scopes that are enough
    ///
    /// # What it checks
    /// A tool that needs a scope is called without it; then with a token that has exactly the scopes which the
    /// challenge names. That one should be served.
    ///
    /// # Why it matters
    /// Clients ask for what the challenge names. If it names nothing or the wrong thing, signing in again leads to
    /// the same refusal.
    ///
    /// # How to fix it
    /// Put all scopes that the operation needs into `scope` of the challenge.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Runtime Insufficient Scope Errors".
    pub struct ScopeChallengeNames;
}

const META: Meta = Meta {
    id: "scope-challenge-scopes",
    requirements: &["mcp-auth-403-challenge-scope-param"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["scope-missing", "scope-status", "scope-challenge"],
    ..Meta::CALM
};

impl Check for ScopeChallengeNames {
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
    let reply = cx.refused_for_scope(&scoped).await?;
    let challenge = reply.bearer_challenge();
    let Some(scope) = challenge.as_ref().and_then(|c| c.param("scope")).filter(|s| !s.trim().is_empty()) else {
        return Err(Stop::violation("a challenge with scope", "a challenge without it"));
    };
    let challenged: Vec<_> = scope.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect();
    let retried = cx.call_scoped(&scoped.tool, &challenged, "exactly the challenged scopes").await?;
    if retried.outcome() == Outcome::Forbidden {
        return Err(Stop::violation(
            format!("{} served with scope {}", scoped.tool.name(), quoted(scope)),
            retried.describe(),
        ));
    }
    retried.expect_served()
}
