//! Is the scope looked at at all?

use super::{Together, expect_not_served, tools};
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::ScopedTool;

page! {
    /// A tool that needs a scope is refused without it
    ///
    /// # What it checks
    /// Each tool that needs scopes is called with a token that has them (control), then with one that lacks one of
    /// them, and with one that has another scope in its place. The last two must not be served. Needed is what
    /// --tool-scope says, else what a tool proves to need when a scope is taken from the token.
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

impl Check for ScopeMissing {
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
    for missing in &tool.scopes {
        let left = scoped.without(missing);
        let mut replaced = left.clone();
        replaced.push("conformance:other".to_owned());
        for (what, scopes) in
            [(format!("all it needs but {missing}"), left), (format!("another scope for {missing}"), replaced)]
        {
            let reply = cx.call_scoped(tool, &scopes, &what).await?;
            expect_not_served(&reply, &format!("{} with {what}", tool.name()))?;
        }
    }
    Ok(())
}
