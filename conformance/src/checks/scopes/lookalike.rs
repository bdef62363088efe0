//! Scopes are compared whole.

use super::{Together, expect_not_served, tools};
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::ScopedTool;

page! {
    /// A scope that only looks like the right one is not enough
    ///
    /// # What it checks
    /// A tool that needs a scope is called with tokens in which that scope, and nothing else, is written in upper
    /// or lower case, cut short, or lengthened at either end. None may be served.
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

impl Check for ScopeLookalike {
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
    for own in &scoped.tool.scopes {
        for lookalike in lookalikes(own) {
            let mut scopes = scoped.without(own);
            scopes.push(lookalike.clone());
            let what = format!("scope {lookalike} for {own}");
            let reply = cx.call_scoped(&scoped.tool, &scopes, &what).await?;
            expect_not_served(&reply, &format!("{} with {what}", scoped.tool.name()))?;
        }
    }
    Ok(())
}

/// Scopes that a sloppy comparison takes for `own`.
fn lookalikes(own: &str) -> Vec<String> {
    let cut: String = own.chars().take(own.chars().count().saturating_sub(1)).collect();
    let mut all = vec![own.to_uppercase(), own.to_lowercase(), cut, format!("{own}x"), format!("x{own}")];
    // A scope without letters has no other case.
    all.retain(|lookalike| lookalike != own && !lookalike.is_empty());
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_lookalike_is_the_scope_itself() {
        assert_eq!(super::lookalikes("a:b"), ["A:B", "a:", "a:bx", "xa:b"]);
        assert_eq!(super::lookalikes("A"), ["a", "Ax", "xA"]);
    }
}
