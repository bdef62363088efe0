//! The way to the zone, again.

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::ScopedTool;
use crate::text::quoted;

page! {
    /// The 403 for scope points to the metadata
    ///
    /// # What it checks
    /// A tool that needs a scope is called without it. The challenge should have `resource_metadata`, the same as the
    /// 401 has.
    ///
    /// # Why it matters
    /// A client that met this server through another way learns from it where to ask for more.
    ///
    /// # How to fix it
    /// Build both challenges in one place, so that the 403 carries what the 401 carries.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Runtime Insufficient Scope Errors"; RFC 9728 section 5.1.
    pub struct ScopeChallengeMetadata;
}

const META: Meta = Meta {
    id: "scope-challenge-metadata",
    requirements: &["mcp-auth-403-challenge-resource-metadata"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["metadata-published", "scope-missing", "scope-status", "scope-challenge"],
    ..Meta::CALM
};

impl Check for ScopeChallengeMetadata {
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
    let here = challenge.as_ref().and_then(|c| c.param("resource_metadata"));
    let Some(there) = cx.discovery().advertised.clone() else {
        return match here {
            Some(_) => Ok(()),
            None => Err(Stop::violation("resource_metadata in the challenge", "none")),
        };
    };
    if here == Some(there.as_str()) {
        return Ok(());
    }
    let shown = here.map_or("none".to_owned(), quoted);
    Err(Stop::violation(format!("resource_metadata {}, as in the 401", quoted(&there)), shown))
}
