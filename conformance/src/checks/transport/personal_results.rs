//! What was for one caller is not for all.

use serde_json::Value;

use crate::caller::declares;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::checks::scopes::resource_access::read;
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;

page! {
    /// Results that differ between callers are marked private
    ///
    /// # What it checks
    /// `tools/list`, and where the server declares resources `resources/list` and `resources/read` of those that
    /// `conformance.toml` names and of the first one listed, are asked for with the accepted token, with one of another
    /// user and with one without scopes. Where a result differs from that of the accepted token, which is asked for
    /// twice, neither should say `cacheScope: public`.
    ///
    /// # Why it matters
    /// A shared cache gives a public result to whoever asks next.
    ///
    /// # How to fix it
    /// Say `public` only where the result does not depend on the token, and `private` in all other cases.
    ///
    /// # Reference
    /// MCP 2026-07-28, Caching, "Choosing a Cache Scope".
    pub struct PersonalResults;
}

const META: Meta = Meta {
    id: "personal-results-private",
    requirements: &["mcp-caching-private-when-per-user"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

/// Most resources that are read.
const READ_AT_MOST: usize = 4;

impl Check for PersonalResults {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let mut operations = vec![Operation::ListTools];
        if declares(cx, &token, "resources").await? == Some(true) {
            operations.extend(resources(cx, &token.compact).await?);
        }
        let another = token.but(|t| t.claim("sub", format!("conformance-{}", random_id())));
        let others = [
            (cx.sign(&another, "token of another user").await?, "another user"),
            (cx.sign(&token.but(|t| t.scopes(&[])), "token without scopes").await?, "a token without scopes"),
        ];
        let mut compared = 0;
        for operation in &operations {
            let Some(own) = result(cx, operation, &token.compact, "the accepted token").await? else { continue };
            for (other, who) in &others {
                let Some(theirs) = result(cx, operation, other, who).await? else { continue };
                compared += 1;
                if said(&own) == said(&theirs) || !(is_public(&own) || is_public(&theirs)) {
                    continue;
                }
                // What changes by itself is nobody's own.
                let again = result(cx, operation, &token.compact, "the accepted token, again").await?;
                if again.is_some_and(|again| said(&again) == said(&own)) {
                    let expected = format!("cacheScope private in the result of {}", operation.describe());
                    return Err(Stop::violation(expected, format!("public, and another result for {who}")));
                }
            }
        }
        if compared == 0 {
            return Err(Stop::inconclusive("neither another user nor a token without scopes is served any of it"));
        }
        Ok(())
    }
}

/// The list of resources, and the reads of some: the declared ones and the first that is listed.
async fn resources(cx: &Context, token: &str) -> Result<Vec<Operation>, Stop> {
    let list = Operation::Other("resources/list", serde_json::Map::new());
    let listed = result(cx, &list, token, "the accepted token").await?.unwrap_or_default();
    let first = listed["resources"][0]["uri"].as_str().map(str::to_owned);
    let mut uris: Vec<String> = cx.declared().resources.keys().cloned().collect();
    uris.extend(first.filter(|uri| !cx.declared().resources.contains_key(uri)));
    let reads = uris.iter().take(READ_AT_MOST).map(|uri| read(uri));
    Ok(std::iter::once(list).chain(reads).collect())
}

/// A complete result; none where it is not served.
async fn result(cx: &Context, operation: &Operation, token: &str, who: &str) -> Result<Option<Value>, Stop> {
    let request = cx.operation(operation).bearer(token).purpose(format!("{} for {who}", operation.describe()));
    let reply = cx.send(&request).await?;
    let is_complete = |result: &Value| result["resultType"].as_str().is_none_or(|kind| kind == "complete");
    Ok(reply.result().filter(|result| reply.outcome() == Outcome::Served && is_complete(result)))
}

/// The result without what may be another each time, and without what is said about caching it.
fn said(result: &Value) -> Value {
    let mut said = result.clone();
    if let Some(members) = said.as_object_mut() {
        members.retain(|name, _| !["_meta", "ttlMs", "cacheScope", "nextCursor"].contains(&name.as_str()));
    }
    said
}

fn is_public(result: &Value) -> bool {
    result["cacheScope"] == "public"
}
