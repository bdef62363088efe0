//! Not the whole catalogue.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{challenged, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A challenge does not ask for every scope that there is
    ///
    /// # What it checks
    /// Two tools that need different scopes are called without them. The challenges should not both name all that
    /// `scopes_supported` of the metadata lists. It does not apply where fewer than two such tools are known, or fewer
    /// than two scopes are listed.
    ///
    /// # Why it matters
    /// Clients ask for what the challenge names. With the whole list every token can do everything, and users learn to
    /// click it away.
    ///
    /// # How to fix it
    /// Name in the challenge what the operation needs, and no more.
    ///
    /// # Reference
    /// MCP 2026-07-28, Security Best Practices, "Scope Minimization".
    pub struct ScopeChallengePrecise;
}

const META: Meta = Meta {
    id: "scope-challenge-precise",
    requirements: &["sbp-scope-precise-challenge"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    ..Meta::CALM
};

impl Check for ScopeChallengePrecise {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut supported = BTreeSet::new();
        for (_, document) in cx.discovery().documents() {
            let listed = document.get("scopes_supported").and_then(Value::as_array).cloned().unwrap_or_default();
            supported.extend(listed.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        let tools = tools(cx)?;
        let differ = tools.iter().any(|tool| tool.scopes != tools[0].scopes);
        if supported.len() < 2 || !differ {
            return Err(Stop::not_applicable("there are no two tools and scopes to tell apart"));
        }
        for tool in tools {
            let scoped = cx.scoped_tool(tool).await?;
            let named: BTreeSet<String> = challenged(&cx.refused_for_scope(&scoped).await?).into_iter().collect();
            if named != supported {
                return Ok(());
            }
        }
        let all: Vec<_> = supported.into_iter().collect();
        Err(Stop::violation("the scopes of each tool", format!("{} for every tool", quoted(&all.join(" ")))))
    }
}
