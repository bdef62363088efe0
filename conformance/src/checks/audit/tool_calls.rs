//! A call that nobody wrote down did not happen, as far as anybody can show.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{Mark, log, logged};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::{Outcome, Reply};

page! {
    /// Every tool call is in the server's log
    ///
    /// # What it checks
    /// Three calls are made, each with a token of its own user, client and name (`jti`): one that is served, one that is
    /// refused because its token lacks a scope, where a tool needs one, and one that fails in the tool, where a tool that
    /// is marked read-only needs an argument and gets none. The server's log must then hold a record of each: one that has the
    /// user, the client or the token's name in it. Where none has, though the log grew, nothing is said here.
    ///
    /// # Why it matters
    /// Who asks later what was done in whose name looks at the log. The refused calls are the ones that an attacker makes.
    ///
    /// # How to fix it
    /// Write the record where the token is verified, in front of the tools, so that no way to a tool goes around it, and
    /// write it for refusals too.
    ///
    /// # Reference
    /// The Keycard guide, introduction: every tool call is logged.
    pub struct ToolCallsLogged;
}

const META: Meta = Meta {
    id: "tool-calls-logged",
    requirements: &["keycard-guide-tool-call-logged"],
    level: Level::Must,
    area: Area::Audit,
    needs: &[Need::ServerAudit, Need::ZoneControl, Need::DeclaredTool],
    ..Meta::CALM
};

#[async_trait]
impl Check for ToolCallsLogged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        if !matches!(cx.bearing_operation(), Operation::CallTool { .. }) {
            return Err(Stop::NotTested { need: Need::DeclaredTool });
        }
        let (log, place) = log(cx)?;
        let mut calls = Vec::new();

        let served = Mark::new();
        let compact = cx.sign(&served.draft(&token), "token of a call to be logged").await?;
        let reply = cx.call_as_another(&compact, "a token of its own").await?;
        if reply.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("a token of another user got {}", reply.describe())));
        }
        calls.push(("a call that was served", served));

        if let Some(tool) = cx.survey().scoped_tools.first() {
            let scoped = cx.scoped_tool(tool).await?;
            let (missing, left) = scoped.lacking_one();
            let refused = Mark::new();
            let mut draft = refused.draft(&token);
            draft.scopes(&left);
            let compact = cx.sign(&draft, "token of a call to be refused and logged").await?;
            let reply =
                cx.perform_as_another(&tool.operation, &compact, &format!("all it needs but {missing}")).await?;
            if reply.outcome() == Outcome::Forbidden {
                calls.push(("a call that was refused for want of a scope", refused));
            }
        } else {
            cx.remark("no call refused for scope was made: no tool is known to need one".to_owned());
        }

        if let Some(tool) = needing_an_argument(cx, &token.compact).await? {
            let failed = Mark::new();
            let compact = cx.sign(&failed.draft(&token), "token of a call to fail and be logged").await?;
            let reply = cx.perform_as_another(&tool, &compact, "no argument").await?;
            if failed_in_the_tool(&reply) {
                calls.push(("a call that failed in its tool", failed));
            }
        } else {
            cx.remark("no call failed in a tool: none that is marked read-only needs an argument".to_owned());
        }

        let records =
            logged(log, place, |records| calls.iter().all(|(_, mark)| records.iter().any(|record| mark.marks(record))));
        let records = records.await?;
        let is_told = calls.iter().any(|(_, mark)| records.iter().any(|record| mark.marks(record)));
        for (what, mark) in &calls {
            if records.iter().any(|record| mark.marks(record)) {
                continue;
            }
            if !is_told && !records.is_empty() {
                return Err(Stop::inconclusive(
                    "the log grew, and no record of it has user, client or token of a call, so that none is told from others",
                ));
            }
            return Err(Stop::violation(format!("a record of {what}"), "none in the server's log"));
        }
        Ok(())
    }
}

fn failed_in_the_tool(reply: &Reply) -> bool {
    reply.outcome() == Outcome::NotServedIn2xx && reply.message().is_some()
}

/// A tool that needs an argument and is marked read-only: it is called without any, and a tool that forgives that must
/// do nothing. Whoever names a tool names it with its arguments.
async fn needing_an_argument(cx: &Context, token: &str) -> Result<Option<Operation>, Stop> {
    let list = cx.send(&cx.operation(&Operation::ListTools).bearer(token).purpose("the tools")).await?;
    let result = list.result().unwrap_or_default();
    let listed = result["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let may_be_called = |tool: &&Value| {
        let is_read_only = tool["annotations"]["readOnlyHint"] == Value::Bool(true);
        let needs = tool["inputSchema"]["required"].as_array().is_some_and(|required| !required.is_empty());
        needs && is_read_only
    };
    let found = listed.iter().find(may_be_called).and_then(|tool| tool["name"].as_str());
    Ok(found.map(|name| Operation::CallTool { name: name.to_owned(), arguments: Map::new() }))
}
