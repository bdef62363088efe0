//! Ask for enough at once.

use super::{Together, challenged};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;

page! {
    /// The first challenge names the scopes that the request needs
    ///
    /// # What it checks
    /// Requests that are answered 403 when their token has no scopes are sent without a token. The challenge of the 401
    /// should have `scope`. It does not apply where no request is known that needs one.
    ///
    /// # Why it matters
    /// A client signs its user in for what the first challenge names. If it names nothing, the user gets a token that
    /// is refused, and is sent to sign in again.
    ///
    /// # How to fix it
    /// Add `scope` to the challenge of the 401 as well: the scopes of the operation, or those that every user needs.
    ///
    /// # Reference
    /// MCP 2025-11-25 and 2026-07-28, Authorization, "Protected Resource Metadata Discovery Requirements".
    pub struct ScopeFirstChallenge;
}

const META: Meta = Meta {
    id: "scope-first-challenge",
    requirements: &["mcp-auth-challenge-scope"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl],
    follows_from: &["challenge-parameter"],
    ..Meta::CALM
};

impl Check for ScopeFirstChallenge {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.accepted_token().await?;
        let scoped = cx.survey().scoped_tools.iter().map(|tool| tool.operation.clone());
        let mut operations = vec![cx.bearing_operation().clone()];
        operations.extend(scoped.filter(|operation| operation != cx.bearing_operation()));
        let mut all = Together::default();
        for operation in operations {
            all.add(judge(cx, &operation).await);
        }
        all.verdict()
    }
}

async fn judge(cx: &Context, operation: &Operation) -> Verdict {
    let name = operation.describe();
    let anonymous = cx.send(&cx.operation(operation).purpose(format!("{name} without credentials"))).await?;
    if anonymous.outcome() != Outcome::Unauthorized {
        return Err(Stop::not_applicable(format!("without credentials the answer was {}", anonymous.describe())));
    }
    if anonymous.bearer_challenge().is_none() {
        return Err(Stop::not_applicable("the 401 has no Bearer challenge that can be read, which others judge"));
    }
    if !challenged(&anonymous).is_empty() {
        return Ok(());
    }
    let bare = cx.sign(&cx.survey().accepted()?.but(|t| t.without_claim("scope")), "token without scopes").await?;
    let request = cx.operation(operation).bearer(&bare).purpose(format!("{name} with a token without scopes"));
    let reply = cx.send(&request).await?;
    if reply.outcome() == Outcome::Forbidden && !challenged(&reply).is_empty() {
        let expected = format!("scope in the challenge to {name} without a token");
        return Err(Stop::violation(expected, format!("none; a token without scopes then got {}", reply.describe())));
    }
    Err(Stop::not_applicable("no request was seen to need a scope"))
}
