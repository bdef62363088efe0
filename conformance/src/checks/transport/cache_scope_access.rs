//! A hint for caches keeps nobody out.

use serde_json::{Map, Value};

use crate::caller::Caller;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::checks::scopes::Together;
use crate::checks::scopes::resource_access::{denied_resources, expect_unread, read, read_by_owner};
use crate::context::Context;
use crate::page;
use crate::text::quoted;
use crate::token::Token;

page! {
    /// Whatever cacheScope says, a resource is read to those who may read it
    ///
    /// # What it checks
    /// For each resource of which `conformance.toml` says `denied-to`, the zone signs the accepted token again with
    /// those claims. The server must serve that token on what is for everybody. Right after `resources/read` gave the
    /// resource to the accepted token, with whatever `cacheScope`, it must give the other nothing of it.
    ///
    /// # Why it matters
    /// `private` asks caches not to share, and stops nobody who asks the server. `public` that was said by mistake, or
    /// a cache within the server that goes by it, opens to everybody what one user may see.
    ///
    /// # How to fix it
    /// Ask whether the verified user may read before anything comes out of a cache, and let `cacheScope` follow from that
    /// rule, never the rule from it.
    ///
    /// # Reference
    /// MCP 2026-07-28, Caching, "Security Considerations".
    pub struct CacheScopeAccess;
}

const META: Meta = Meta {
    id: "cache-scope-access",
    requirements: &["mcp-caching-access-control-not-by-scope"],
    level: Level::Must,
    area: Area::Transport,
    // And a declaration, but of a server that has resources: of another there is nothing to declare.
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    follows_from: &["resource-access"],
    ..Meta::CALM
};

impl Check for CacheScopeAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let mut all = Together::default();
        for (uri, claims) in denied_resources(cx, &token).await? {
            all.add(judge(cx, &token, uri, claims).await);
        }
        all.verdict()
    }
}

async fn judge(cx: &Context, token: &Token, uri: &str, claims: &Map<String, Value>) -> Verdict {
    let read = read(uri);
    let stranger = Caller::with_claims(cx, token, claims, &read).await?;
    let result = read_by_owner(cx, token, uri).await?;
    let reply = stranger.ask(&read, ", after it was read with the accepted token").await?;
    expect_unread(&reply, uri, stranger.who()).map_err(|stop| match stop {
        Stop::Violation { expected, actual } => {
            let scope = quoted(result["cacheScope"].as_str().unwrap_or("none"));
            Stop::violation(expected, format!("{actual}, cacheScope being {scope}"))
        }
        other => other,
    })
}
