//! Fewer scopes than asked for.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A token with fewer scopes works for what it covers
    ///
    /// # What it checks
    /// Of the scopes of the accepted token one is taken out at a time. With at least one of these tokens a request that
    /// no tool's scope protects should be served: the tools list, or the read-only tool that bears the token checks.
    /// Where one scope alone is known, and everything needs it, the check does not apply.
    ///
    /// # Why it matters
    /// Zones and users grant less than was asked for. A server that refuses such a token everything leaves its user
    /// with nothing, and teaches clients to ask for all.
    ///
    /// # How to fix it
    /// Ask each operation for its own scopes, and none for those of others.
    ///
    /// # Reference
    /// MCP 2026-07-28, Security Best Practices, "Scope Minimization".
    pub struct FewerScopes;
}

const META: Meta = Meta {
    id: "scope-fewer",
    requirements: &["sbp-scope-downscoped-tolerated"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["scope-challenge-precise"],
    ..Meta::CALM
};

impl Check for FewerScopes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let scopes = token.scopes();
        let is_scoped = cx.survey().scoped_tools.iter().any(|tool| tool.operation == *cx.bearing_operation());
        let operation = if is_scoped { Operation::ListTools } else { cx.bearing_operation().clone() };
        let name = operation.describe();
        let mut refusal = None;
        for missing in scopes.iter().take(SCOPES_TRIED) {
            let left: Vec<_> = scopes.iter().filter(|scope| *scope != missing).cloned().collect();
            let fewer = cx.sign(&token.but(|t| t.scopes(&left)), "token without one scope").await?;
            let request = cx.operation(&operation).bearer(&fewer);
            let reply = cx.send(&request.purpose(format!("{name} with all scopes but {missing}"))).await?;
            match reply.outcome() {
                Outcome::Served => return Ok(()),
                Outcome::Unauthorized | Outcome::Forbidden => refusal = Some(reply.describe()),
                _ => return Err(Stop::inconclusive(format!("{name} without {missing} got {}", reply.describe()))),
            }
        }
        match refusal {
            Some(actual) if scopes.len() > 1 => {
                Err(Stop::violation(format!("{name} served without one of its {} scopes", scopes.len()), actual))
            }
            _ => Err(Stop::not_applicable("no second scope is known")),
        }
    }
}

/// Most scopes that are taken out, one at a time.
const SCOPES_TRIED: usize = 8;
