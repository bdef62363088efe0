//! Is the scope looked at at all?

use async_trait::async_trait;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A tool that needs a scope is refused without it
    ///
    /// # What it checks
    /// A tool that needs a scope is called with the accepted token (control), with one that has no scope, and with
    /// one that has another scope. The last two must not be served.
    ///
    /// # Why it matters
    /// Without this, every signed-in user may do everything: consent screens and policies decide nothing.
    ///
    /// # How to fix it
    /// Compare the scopes of the verified token with what the tool needs, before the tool runs.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 6750 section 3.1.
    pub struct ScopeMissing;
}

const META: Meta = Meta {
    id: "scope-missing",
    requirements: &["oauth21-5.2-scope-checked"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

#[async_trait]
impl Check for ScopeMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let scoped = cx.scoped().await?;
        for (what, scope) in [("no scope", None), ("another scope", Some("conformance:other"))] {
            let reply = cx.call_scoped(&scoped, scope, what).await?;
            if reply.outcome() == Outcome::Served {
                return Err(Stop::violation(format!("{} refused with {what}", scoped.name()), reply.describe()));
            }
        }
        Ok(())
    }
}
