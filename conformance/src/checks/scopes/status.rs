//! 403 says: sign in again for more.

use http::StatusCode;

use super::{Together, tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;

page! {
    /// Too little scope is answered 403
    ///
    /// # What it checks
    /// A tool that needs a scope is called with a token that lacks only that scope. The status must be 403. A call
    /// that is served, and a refusal inside 200, are judged by other checks.
    ///
    /// # Why it matters
    /// A client steps up on 403 and starts over on 401: it then asks for the same scopes again, for ever.
    ///
    /// # How to fix it
    /// Answer 403 with a challenge where the token is good and its scopes are not enough.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Error Handling"; RFC 6750 section 3.1.
    pub struct ScopeStatus;
}

const META: Meta = Meta {
    id: "scope-status",
    requirements: &["mcp-auth-403-insufficient-permissions"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["garbage-token", "scope-missing"],
    ..Meta::CALM
};

impl Check for ScopeStatus {
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
    let (missing, left) = scoped.lacking_one();
    let reply = cx.call_scoped(&scoped.tool, &left, &format!("all it needs but {missing}")).await?;
    match reply.outcome() {
        Outcome::Served => Err(Stop::not_applicable("the call was served, which scope-missing judges")),
        Outcome::NotServedIn2xx => {
            Err(Stop::not_applicable("the refusal came within 2xx, which scope-challenge-error judges"))
        }
        _ if reply.is_in_front() => {
            Err(Stop::inconclusive(format!("for want of a scope the answer was {}", reply.describe())))
        }
        _ => reply.expect_status(StatusCode::FORBIDDEN),
    }
}
