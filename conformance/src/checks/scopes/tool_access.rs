//! What no scope expresses.

use serde_json::{Map, Value};

use super::Together;
use crate::caller::{Caller, expect_denied};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::declared::Tool;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;
use crate::token::Token;

page! {
    /// A tool is refused to those who may not call it
    ///
    /// # What it checks
    /// For each tool of which `conformance.toml` says `denied-to`, the zone signs the accepted token again with those
    /// claims. The server must serve that token on what is for everybody, and must not serve it that tool, which it
    /// serves to the accepted token. A refusal is 403, a JSON-RPC error or a result with `isError`.
    ///
    /// # Why it matters
    /// A valid token says who calls. That they may do all that the server can do does not follow.
    ///
    /// # How to fix it
    /// Ask in each tool, or in one place before all of them, whether the verified user may do this.
    ///
    /// # Reference
    /// MCP 2026-07-28, Tools, "Security Considerations".
    pub struct ToolAccess;
}

const META: Meta = Meta {
    id: "tool-access",
    requirements: &["mcp-tools-access-control"],
    level: Level::Must,
    area: Area::Scopes,
    needs: &[Need::ZoneControl, Need::DeclaredBehaviour],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for ToolAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        // What asks for input first has not been carried out when it answers, and a task only begins.
        let is_denied = |tool: &Tool| tool.denied_to.is_some() && !tool.asks_for_input && !tool.task;
        let tools = cx.declared().tools_that("tool with denied-to", is_denied)?;
        let token = cx.accepted_token().await?;
        let mut all = Together::default();
        for (name, tool) in tools {
            let call = Operation::CallTool { name: name.to_owned(), arguments: tool.arguments.clone() };
            let claims = tool.denied_to.clone().unwrap_or_default();
            all.add(judge(cx, &token, &call, &claims).await);
        }
        all.verdict()
    }
}

async fn judge(cx: &Context, token: &Token, call: &Operation, claims: &Map<String, Value>) -> Verdict {
    let stranger = Caller::with_claims(cx, token, claims, call).await?;
    let own = Caller::accepted(cx, token).ask(call, " (control)").await?;
    if own.outcome() != Outcome::Served {
        let because = format!("{} with the accepted token got {}", call.describe(), own.describe());
        return Err(Stop::inconclusive(because));
    }
    let reply = stranger.ask(call, "").await?;
    expect_denied(&reply, &format!("{} to {}", call.describe(), stranger.who()))
}
