//! One scope for everything is no scope at all.

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// No scope stands for everything
    ///
    /// # What it checks
    /// Neither `scopes_supported` nor the challenge to a request without a token should name `*`, `all`,
    /// `full-access` or a scope that ends in `:*`.
    ///
    /// # Why it matters
    /// Clients ask for what is advertised. With such a scope every token can do everything, and a stolen one
    /// too.
    ///
    /// # How to fix it
    /// Advertise the few scopes that a client needs to begin with, and ask for more with a 403 when a tool
    /// needs more.
    ///
    /// # Reference
    /// MCP 2026-07-28, Security Best Practices, "Scope Minimization".
    pub struct MetadataWildcardScope;
}

const META: Meta = Meta {
    id: "metadata-wildcard-scope",
    requirements: &["sbp-scope-no-wildcards"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataWildcardScope {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let scopes = cx.discovery().scopes();
        if scopes.is_empty() {
            return Err(Stop::not_applicable("neither the metadata nor the challenge names a scope"));
        }
        match scopes.iter().find(|s| is_wildcard(s)) {
            Some(scope) => Err(Stop::violation("scopes for one thing each", quoted(scope))),
            None => Ok(()),
        }
    }
}

fn is_wildcard(scope: &str) -> bool {
    matches!(scope, "*" | "all" | "full-access") || scope.ends_with(":*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_a_whole_scope_or_its_last_part() {
        for scope in ["*", "all", "full-access", "files:*"] {
            assert!(is_wildcard(scope), "{scope}");
        }
        for scope in ["files:read", "all:read", "overall", "files:*:read", "*:read"] {
            assert!(!is_wildcard(scope), "{scope}");
        }
    }
}
