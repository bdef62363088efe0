//! One step up, not a staircase.

use super::{Together, challenged, tools};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;
use crate::text::quoted;

page! {
    /// One challenge asks for all that an operation needs
    ///
    /// # What it checks
    /// A tool that needs scopes is called without any, then with what the challenge of each 403 names, until it is
    /// served. One 403 should be enough.
    ///
    /// # Why it matters
    /// Each round sends the user to the sign-in page again. Clients give up after a few.
    ///
    /// # How to fix it
    /// Put together all scopes of the operation before you answer, those that every call needs among them.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Runtime Insufficient Scope Errors".
    pub struct ScopeChallengeComplete;
}

const META: Meta = Meta {
    id: "scope-challenge-complete",
    requirements: &["mcp-auth-403-single-challenge-complete"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    revisions: Revisions::Stateless,
    follows_from: &["scope-missing", "scope-status", "scope-challenge-scopes"],
    ..Meta::CALM
};

impl Check for ScopeChallengeComplete {
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

/// Challenges that are followed; nobody's user would.
const ROUNDS: usize = 5;

async fn judge(cx: &Context, tool: &ScopedTool) -> Verdict {
    cx.scoped_tool(tool).await?;
    let (mut held, mut rounds): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    loop {
        let what = format!("scope \"{}\", as challenged so far", held.join(" "));
        let reply = cx.call_scoped(tool, &held, &what).await?;
        match reply.outcome() {
            Outcome::Served => break,
            Outcome::Forbidden => {}
            _ if reply.is_in_front() || reply.outcome() == Outcome::ServerError => {
                return Err(Stop::inconclusive(format!("{} with {what} got {}", tool.name(), reply.describe())));
            }
            _ => return Err(Stop::not_applicable(format!("no 403 for want of a scope, but {}", reply.describe()))),
        }
        let more: Vec<_> = challenged(&reply).into_iter().filter(|scope| !held.contains(scope)).collect();
        if more.is_empty() || rounds.len() == ROUNDS {
            return Err(Stop::not_applicable(
                "the challenges do not lead to a call that is served, which scope-challenge-scopes judges",
            ));
        }
        rounds.push(more.join(" "));
        held.extend(more);
    }
    if rounds.len() > 1 {
        let asked: Vec<_> = rounds.iter().map(|scopes| quoted(scopes)).collect();
        let actual = format!("{} of them, for {}", rounds.len(), asked.join(", then "));
        return Err(Stop::violation(format!("one 403 before {} is served", tool.name()), actual));
    }
    Ok(())
}
