//! Who sees which tools.

use std::collections::BTreeSet;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::pages::{pages, tool_names};
use crate::text::quoted;

page! {
    /// The list of tools is the same whatever the token's scopes
    ///
    /// # What it checks
    /// The zone signs the accepted token again without scopes; where `tools/list` itself wants some, without those that
    /// only single tools need. The tools that it is shown are compared with those of the accepted token. A difference is
    /// allowed, and reported. Whether a tool that is hidden can be called is another matter.
    ///
    /// # Why it matters
    /// A client that sees no tool cannot ask its user for the scope that the tool needs.
    ///
    /// # How to fix it
    /// Nothing is broken. To have clients step up, list the tools and answer 403 with the scopes on the call.
    ///
    /// # Reference
    /// MCP 2026-07-28, Tools, "Capabilities".
    pub struct ToolList;
}

const META: Meta = Meta {
    id: "tool-list-by-scope",
    requirements: &["mcp-tools-list-by-authorization"],
    level: Level::May,
    area: Area::Scopes,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for ToolList {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let scopes = token.scopes();
        let of_tools: BTreeSet<_> = cx.survey().scoped_tools.iter().flat_map(|tool| tool.scopes.clone()).collect();
        let base: Vec<_> = scopes.iter().filter(|scope| !of_tools.contains(*scope)).cloned().collect();
        let mut fewer = vec![Vec::new(), base];
        fewer.dedup();
        for left in fewer.into_iter().filter(|left| left.len() < scopes.len()) {
            let other = cx.sign(&token.but(|t| t.scopes(&left)), "token with fewer scopes").await?;
            let with = if left.is_empty() { "no scope".to_owned() } else { format!("the scopes {}", left.join(" ")) };
            let before = listed(cx, &token.compact, ", with all scopes (control)").await?;
            let fewer = listed(cx, &other, &format!(", with {with}")).await?;
            let after = listed(cx, &token.compact, ", with all scopes (control)").await?;
            let (Some(all), Some(fewer)) = (before.clone(), fewer) else { continue };
            if before != after {
                return Err(Stop::inconclusive("the list of tools changes from one request to the next"));
            }
            if all == fewer {
                return Ok(());
            }
            let differ: Vec<_> = all.symmetric_difference(&fewer).take(SHOWN).map(|name| quoted(name)).collect();
            return Err(Stop::violation(
                "the same tools whatever the scopes",
                format!("with {with} the list differs in {}", differ.join(", ")),
            ));
        }
        Err(Stop::not_applicable("there is no smaller set of scopes with which tools/list is served"))
    }
}

/// Most names that a finding shows.
const SHOWN: usize = 5;

/// The names of the tools; none where the list is refused.
async fn listed(cx: &Context, token: &str, why: &str) -> Result<Option<BTreeSet<String>>, Stop> {
    let pages = pages(cx, None, token, "tools/list", why).await?;
    Ok(pages.ok().map(|pages| tool_names(&pages)))
}
