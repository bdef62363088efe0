//! What is there is not for everybody.

use serde_json::{Map, Value};

use super::Together;
use crate::caller::{Caller, declares, expect_denied};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::token::Token;

page! {
    /// A resource is not read to those who may not read it
    ///
    /// # What it checks
    /// For each resource of which `conformance.toml` says `denied-to`, the zone signs the accepted token again with
    /// those claims. The server must serve that token on what is for everybody. `resources/read` should give the
    /// resource to the accepted token, and nothing of it to the other.
    ///
    /// # Why it matters
    /// A URI that is not listed is still a URI. Whoever learns or guesses it reads what is behind it.
    ///
    /// # How to fix it
    /// Ask before each read whether the verified user may read this URI, whatever list it came from.
    ///
    /// # Reference
    /// MCP 2026-07-28, Resources, "Security Considerations".
    pub struct ResourceAccess;
}

const META: Meta = Meta {
    id: "resource-access",
    requirements: &["mcp-resources-access-control"],
    level: Level::Should,
    area: Area::Scopes,
    // And a declaration, but of a server that has resources: of another there is nothing to declare.
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for ResourceAccess {
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
    read_by_owner(cx, token, uri).await?;
    let reply = stranger.ask(&read, "").await?;
    expect_unread(&reply, uri, stranger.who())
}

/// The resources that were declared to be denied to somebody, and to whom.
///
/// # Errors
/// Not applicable where the server has no resources, undeclared where nobody said that one is.
pub(crate) async fn denied_resources<'a>(
    cx: &'a Context,
    token: &Token,
) -> Result<Vec<(&'a str, &'a Map<String, Value>)>, Stop> {
    let resources = cx.declared().resources.iter();
    let denied: Vec<_> = resources.filter_map(|(uri, r)| Some((uri.as_str(), r.denied_to.as_ref()?))).collect();
    if !denied.is_empty() {
        return Ok(denied);
    }
    match declares(cx, token, "resources").await? {
        Some(false) => Err(Stop::not_applicable("the server declares no resources")),
        _ => Err(Stop::Undeclared { wanted: "resource with denied-to" }),
    }
}

/// Reads a resource with the accepted token; the result.
///
/// # Errors
/// Inconclusive where that is not served; not applicable where the server has no resources.
pub(crate) async fn read_by_owner(cx: &Context, token: &Token, uri: &str) -> Result<Value, Stop> {
    let reply = Caller::accepted(cx, token).ask(&read(uri), " (control)").await?;
    if let Some(result) = reply.result().filter(|_| is_read(&reply)) {
        return Ok(result);
    }
    if declares(cx, token, "resources").await? == Some(false) {
        return Err(Stop::not_applicable("the server declares no resources"));
    }
    Err(Stop::inconclusive(format!("resources/read with the accepted token got {}", how_read(&reply))))
}

/// Passes where a read brought nothing.
///
/// # Errors
/// A violation where it did; inconclusive where the answer is no refusal.
pub(crate) fn expect_unread(reply: &Reply, uri: &str, who: &str) -> Verdict {
    // No contents are nothing that was read, though no clear answer.
    if reply.outcome() == Outcome::Served && !is_read(reply) {
        return Ok(());
    }
    expect_denied(reply, &format!("{} to {who}", crate::text::quoted(uri)))
}

/// The read of this URI.
pub(crate) fn read(uri: &str) -> Operation {
    Operation::Other("resources/read", Map::from_iter([("uri".to_owned(), uri.into())]))
}

/// Whether an answer has the contents of a resource.
fn is_read(reply: &Reply) -> bool {
    let has_contents = |result: Value| result["contents"].as_array().is_some_and(|contents| !contents.is_empty());
    reply.outcome() == Outcome::Served && reply.result().is_some_and(has_contents)
}

fn how_read(reply: &Reply) -> String {
    if reply.outcome() == Outcome::Served { "a result without contents".to_owned() } else { reply.describe() }
}
