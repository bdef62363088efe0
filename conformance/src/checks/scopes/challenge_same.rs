//! The same question, the same answer.

use super::{Together, challenged, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;
use crate::text::quoted;

page! {
    /// The same call is challenged for the same scopes
    ///
    /// # What it checks
    /// A tool that needs a scope is called without it ten times, half of them over connections of their own. Each
    /// challenge should name the same scopes.
    ///
    /// # Why it matters
    /// A client that is asked for something else each time signs its user in again and again, and never holds what is
    /// asked.
    ///
    /// # How to fix it
    /// Build the set from the operation alone, not from what happened to be in memory; sort it.
    ///
    /// # Reference
    /// MCP 2025-11-25 and 2026-07-28, Authorization, "Runtime Insufficient Scope Errors".
    pub struct ScopeChallengeSame;
}

const META: Meta = Meta {
    id: "scope-challenge-same",
    requirements: &["mcp-auth-scope-set-consistency"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    ..Meta::CALM
};

impl Check for ScopeChallengeSame {
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

/// Calls that are compared.
const CALLS: usize = 10;

async fn judge(cx: &Context, tool: &ScopedTool) -> Verdict {
    let scoped = cx.scoped_tool(tool).await?;
    let first = sorted(challenged(&cx.refused_for_scope(&scoped).await?));
    let (missing, left) = scoped.lacking_one();
    let draft = cx.survey().accepted()?.but(|t| t.scopes(&left));
    let token = cx.sign(&draft, "token without one scope").await?;
    for call in 1..CALLS {
        let mut request = cx.operation(&tool.operation).bearer(&token);
        if call % 2 == 0 {
            request = request.header("connection", "close");
        }
        let what = format!("{} without {missing}, once more", tool.name());
        let reply = cx.send(&request.purpose(what)).await?;
        if reply.outcome() != Outcome::Forbidden {
            return Err(Stop::inconclusive(format!("the same call first got 403, and then {}", reply.describe())));
        }
        let scopes = sorted(challenged(&reply));
        if scopes != first {
            let actual = format!("{} and {}", quoted(&first.join(" ")), quoted(&scopes.join(" ")));
            return Err(Stop::violation("the same scopes in each challenge", actual));
        }
    }
    Ok(())
}

/// A set: its order says nothing.
fn sorted(mut scopes: Vec<String>) -> Vec<String> {
    scopes.sort();
    scopes.dedup();
    scopes
}
