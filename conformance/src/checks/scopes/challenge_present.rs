//! A refusal without a way on.

use http::header::WWW_AUTHENTICATE;

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::ScopedTool;

page! {
    /// The 403 for scope carries a challenge
    ///
    /// # What it checks
    /// A tool that needs a scope is called without it. The 403 must have a WWW-Authenticate field.
    ///
    /// # Why it matters
    /// Without it a client cannot know that a wider token would help, and shows its user an error.
    ///
    /// # How to fix it
    /// Send `WWW-Authenticate: Bearer error="insufficient_scope", scope="…", resource_metadata="…"` with the 403.
    ///
    /// # Reference
    /// RFC 6750 section 3; MCP 2026-07-28, Authorization, "Scope Challenge Handling".
    pub struct ScopeChallengePresent;
}

const META: Meta = Meta {
    id: "scope-challenge",
    requirements: &["rfc6750-3-www-authenticate-on-403"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["scope-missing", "scope-status"],
    ..Meta::CALM
};

impl Check for ScopeChallengePresent {
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
    if reply.headers.contains_key(WWW_AUTHENTICATE) {
        return Ok(());
    }
    Err(Stop::violation("403 with WWW-Authenticate", "403 without it"))
}
