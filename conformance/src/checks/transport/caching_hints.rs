//! What one caller saw is not for all.

use serde_json::Map;

use super::result_of;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::text::quoted;

page! {
    /// Results that may be cached say for how long and for whom
    ///
    /// # What it checks
    /// server/discover and the lists that the server has (tools, and where it declares them prompts, resources and
    /// resource templates) are asked for with the accepted token. Each complete result must have `ttlMs`, a number of
    /// at least 0, and `cacheScope`, `public` or `private`.
    ///
    /// # Why it matters
    /// A cache between client and server that is not told whom a result is for may show one caller's list to another.
    ///
    /// # How to fix it
    /// Put both into the results of discovery, lists and reads; `private` wherever the result depends on the caller.
    ///
    /// # Reference
    /// MCP 2026-07-28, Caching, "Cacheable Results".
    pub struct CachingHints;
}

const META: Meta = Meta {
    id: "caching-hints",
    requirements: &["mcp-caching-hints-present"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for CachingHints {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let discovered = result_of(cx, &Operation::Discover, &token.compact).await;
        let declared = |name: &str| discovered.as_ref().is_ok_and(|result| result["capabilities"][name].is_object());
        let mut lists = vec![Operation::ListTools];
        for (capability, method) in
            [("prompts", "prompts/list"), ("resources", "resources/list"), ("resources", "resources/templates/list")]
        {
            if declared(capability) {
                lists.push(Operation::Other(method, Map::new()));
            }
        }
        let mut results = vec![(Operation::Discover, discovered.clone())];
        for operation in lists {
            let result = result_of(cx, &operation, &token.compact).await;
            results.push((operation, result));
        }
        let mut judged = 0;
        for (operation, result) in results {
            let Ok(result) = result else { continue };
            if result["resultType"].as_str().is_some_and(|kind| kind != "complete") {
                continue;
            }
            let what = operation.describe();
            if !result["ttlMs"].as_f64().is_some_and(|ttl| ttl >= 0.0) {
                let actual = quoted(&result["ttlMs"].to_string());
                return Err(Stop::violation(format!("ttlMs of at least 0 in the result of {what}"), actual));
            }
            if !matches!(result["cacheScope"].as_str(), Some("public" | "private")) {
                let actual = quoted(&result["cacheScope"].to_string());
                return Err(Stop::violation(format!("cacheScope public or private in the result of {what}"), actual));
            }
            judged += 1;
        }
        if judged == 0 { Err(Stop::inconclusive("there was no complete result")) } else { Ok(()) }
    }
}
