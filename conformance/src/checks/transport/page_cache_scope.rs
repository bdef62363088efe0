//! One list, one cache.

use std::collections::BTreeSet;

use super::{LISTS, result_of};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::pages::pages;
use crate::text::quoted;

page! {
    /// All pages of one list have the same cacheScope
    ///
    /// # What it checks
    /// The lists that the server has (tools, and where it declares them prompts, resources and resource templates) are
    /// followed by their `nextCursor`, five pages at most. All pages of one list must have the same `cacheScope`. The
    /// check does not apply where every list has one page.
    ///
    /// # Why it matters
    /// A cache puts together pages from its shared part and from a user's own. What was meant for one user is then a
    /// page of everybody's list.
    ///
    /// # How to fix it
    /// Decide about `cacheScope` for the list, and say the same on each page of it.
    ///
    /// # Reference
    /// MCP 2026-07-28, Caching, "Cacheable Results".
    pub struct PageCacheScope;
}

const META: Meta = Meta {
    id: "page-cache-scope",
    requirements: &["mcp-caching-same-scope-on-pages"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for PageCacheScope {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let discovered = result_of(cx, &Operation::Discover, &token.compact).await;
        let mut compared = 0;
        for (capability, method) in LISTS {
            let declared = || discovered.as_ref().is_ok_and(|result| result["capabilities"][capability].is_object());
            if capability != "tools" && !declared() {
                continue;
            }
            let Ok(pages) = pages(cx, None, &token.compact, method, "").await? else { continue };
            // A page without any is a finding of caching-hints.
            let given: Vec<_> = pages.iter().filter_map(|page| page["cacheScope"].as_str()).collect();
            let scopes: BTreeSet<_> = given.iter().copied().collect();
            if scopes.len() > 1 {
                let actual: Vec<_> = given.iter().map(|scope| quoted(scope)).collect();
                let expected = format!("one cacheScope on all pages of {method}");
                return Err(Stop::violation(expected, format!("{} page after page", actual.join(", "))));
            }
            compared += usize::from(given.len() > 1);
        }
        if compared == 0 { Err(Stop::not_applicable("no list of the server has a second page")) } else { Ok(()) }
    }
}
