//! The wider one is enough.

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;

page! {
    /// A scope that implies another is enough
    ///
    /// # What it checks
    /// Where `--scope-implies BROAD=NARROW` says that one scope implies another, each tool that needs the narrow one is
    /// called with a token that has the broad one in its place. It must be served.
    ///
    /// # Why it matters
    /// A user who may write is sent to ask for the right to read. Clients that hold the broad scope cannot know that.
    ///
    /// # How to fix it
    /// Work out what the token's scopes imply before you compare them with what the operation needs.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Runtime Insufficient Scope Errors".
    pub struct ImpliedScope;
}

const META: Meta = Meta {
    id: "scope-implied",
    requirements: &["mcp-auth-scope-hierarchy"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for ImpliedScope {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let implications = &cx.options().scope_implies;
        if implications.is_empty() {
            return Err(Stop::not_applicable("no scope was said to imply another (--scope-implies BROAD=NARROW)"));
        }
        let mut all = Together::default();
        for tool in tools(cx)? {
            for (broad, narrow) in implications.iter().filter(|(_, narrow)| tool.scopes.contains(narrow)) {
                all.add(judge(cx, tool, broad, narrow).await);
            }
        }
        match all.worst {
            None => Err(Stop::not_applicable("no tool needs a scope that another was said to imply")),
            Some(worst) => worst,
        }
    }
}

async fn judge(cx: &Context, tool: &ScopedTool, broad: &str, narrow: &str) -> Verdict {
    let scoped = cx.scoped_tool(tool).await?;
    let mut scopes = scoped.without(narrow);
    scopes.push(broad.to_owned());
    let reply = cx.call_scoped(tool, &scopes, &format!("{broad} in place of {narrow}")).await?;
    match reply.outcome() {
        Outcome::Forbidden => Err(Stop::violation(
            format!("{} served with {broad}, which implies {narrow}", tool.name()),
            reply.describe(),
        )),
        _ => reply.expect_served(),
    }
}
