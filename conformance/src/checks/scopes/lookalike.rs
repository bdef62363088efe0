//! Scopes are compared whole.

use async_trait::async_trait;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::text::quoted;

page! {
    /// A scope that only looks like the right one is not enough
    ///
    /// # What it checks
    /// A tool that needs a scope is called with tokens in which that scope is upper-cased, cut short, and lengthened.
    /// None may be served.
    ///
    /// # Why it matters
    /// A comparison by prefix or substring makes `reports:readonly` as good as `reports:read`, and whoever may name
    /// scopes can name such a one.
    ///
    /// # How to fix it
    /// Compare scopes as whole strings, with letter case.
    ///
    /// # Reference
    /// RFC 6749 section 3.3.
    pub struct ScopeLookalike;
}

const META: Meta = Meta {
    id: "scope-lookalike",
    requirements: &["rfc6749-3.3-scope-case-sensitive"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["scope-missing"],
    ..Meta::CALM
};

#[async_trait]
impl Check for ScopeLookalike {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let scoped = cx.scoped().await?;
        let Some(own) = scoped.scopes.last() else { return Ok(()) };
        let cut: String = own.chars().take(own.chars().count().saturating_sub(1)).collect();
        for lookalike in [own.to_uppercase(), cut, format!("{own}x"), format!("x{own}")] {
            if lookalike == *own || lookalike.is_empty() {
                continue; // a scope without letters has no other case
            }
            let reply = cx.call_scoped(&scoped, Some(&lookalike), &format!("scope {lookalike}")).await?;
            if reply.outcome() == Outcome::Served {
                return Err(Stop::violation(
                    format!("{} refused with scope {}", scoped.name(), quoted(&lookalike)),
                    reply.describe(),
                ));
            }
        }
        Ok(())
    }
}
