//! A scope is a set.

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::ScopedTool;

page! {
    /// The order of scopes does not matter
    ///
    /// # What it checks
    /// A tool that needs a scope is called with tokens in which that scope stands first, in the middle and last among
    /// others. Each must be served.
    ///
    /// # Why it matters
    /// Zones write scopes in any order. A server that reads the first one works by luck.
    ///
    /// # How to fix it
    /// Split the claim at spaces and look the scope up in the set.
    ///
    /// # Reference
    /// RFC 6749 section 3.3.
    pub struct ScopeOrder;
}

const META: Meta = Meta {
    id: "scope-order",
    requirements: &["rfc6749-3.3-scope-order"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    ..Meta::CALM
};

impl Check for ScopeOrder {
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
    let (own, others) = scoped.lacking_one();
    let around = ["other:a".to_owned(), "other:b".to_owned()];
    let own = std::slice::from_ref(&own);
    let first = [own, &others, &around].concat();
    let middle = [&around[..1], own, &others, &around[1..]].concat();
    let last = [&around[..], &others, own].concat();
    for (place, scopes) in [("first", first), ("in the middle", middle), ("last", last)] {
        let what = format!("the scope {place} among others");
        cx.call_scoped(&scoped.tool, &scopes, &what).await?.expect_served()?;
    }
    Ok(())
}
