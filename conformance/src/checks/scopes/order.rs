//! A scope is a set.

use async_trait::async_trait;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

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

#[async_trait]
impl Check for ScopeOrder {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let scoped = cx.scoped().await?;
        let own = scoped.scopes.join(" ");
        for scope in
            [format!("{own} other:a other:b"), format!("other:a {own} other:b"), format!("other:a other:b {own}")]
        {
            cx.call_scoped(&scoped, Some(&scope), &format!("scope {scope}")).await?.expect_served()?;
        }
        Ok(())
    }
}
