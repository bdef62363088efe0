//! A call that nobody wrote down did not happen, as far as anybody can show.

use serde_json::{Map, Value};

use super::{Mark, log, logged, tool_of};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::server_audit::{Member, Record};
use crate::text::quoted;

page! {
    /// Every tool call is in the server's log
    ///
    /// # What it checks
    /// Three calls are made, each with a token of its own user, client and name (`jti`): one that is served, one that is
    /// refused because its token lacks a scope, where a tool needs one, and one that fails in the tool, where a tool that
    /// is marked read-only needs an argument and gets none. The server's log must then hold a record of each: one that has the
    /// user, the client or the token's name in it, and the tool's name; that a token was verified is no record of a call. Of
    /// the refused call the scope that was missing will do instead of the tool. Where no record has any of the three, though
    /// the log grew, or calls stand in it that nothing ties to anybody, nothing is said here.
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
        let tool = tool_of(cx.bearing_operation()).to_owned();
        calls.push(Call { what: "a call that was served", mark: served, tool, missing: None });

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
                calls.push(Call {
                    what: "a call that was refused for want of a scope",
                    mark: refused,
                    tool: tool_of(&tool.operation).to_owned(),
                    missing: Some(missing),
                });
            }
        } else {
            cx.remark("no call refused for scope was made: no tool is known to need one".to_owned());
        }

        if let Some(tool) = needing_an_argument(cx, &token.compact).await? {
            let failed = Mark::new();
            let compact = cx.sign(&failed.draft(&token), "token of a call to fail and be logged").await?;
            let reply = cx.perform_as_another(&tool, &compact, "no argument").await?;
            if failed_in_the_tool(&reply) {
                let tool = tool_of(&tool).to_owned();
                calls.push(Call { what: "a call that failed in its tool", mark: failed, tool, missing: None });
            }
        } else {
            cx.remark("no call failed in a tool: none that is marked read-only needs an argument".to_owned());
        }

        let all_are_told = |records: &[Record]| calls.iter().all(|call| call.is_told_by(records));
        judged(&calls, &logged(log, place, all_are_told).await?)
    }
}

/// A call that is to be in the log.
struct Call {
    what: &'static str,
    mark: Mark,
    tool: String,
    /// The scope for want of which it was refused.
    missing: Option<String>,
}

impl Call {
    fn is_told_by(&self, records: &[Record]) -> bool {
        records.iter().any(|record| {
            let refuses =
                self.missing.iter().any(|scope| record.mentions(scope) || record.mentions("insufficient_scope"));
            self.mark.marks_call_of(&self.tool, record) || (refuses && self.mark.marks(record))
        })
    }
}

/// What a log says of these calls.
fn judged(calls: &[Call], records: &[Record]) -> Verdict {
    let is_told = |record: &Record| calls.iter().any(|call| call.mark.marks(record));
    if !records.is_empty() && !records.iter().any(is_told) {
        return Err(Stop::inconclusive(
            "the log grew, and no record of it has user, client or token of a call, so that none is told from others",
        ));
    }
    let mut verdict = Ok(());
    for call in calls.iter().filter(|call| !call.is_told_by(records)) {
        match untold(call, records) {
            unclear @ Stop::Inconclusive { .. } => verdict = verdict.and(Err(unclear)),
            stop => return Err(stop),
        }
    }
    verdict
}

/// What it means that no record is one of this call.
fn untold(call: &Call, records: &[Record]) -> Stop {
    let Call { what, mark, tool, missing } = call;
    let expected = format!("a record of {what}");
    if !records.iter().any(|record| mark.marks(record)) {
        return Stop::violation(expected, "none in the server's log");
    }
    let members = [Member::Subject, Member::Client, Member::Id];
    let is_nobodys = |record: &&Record| members.into_iter().all(|member| record.says(member).is_none());
    if records.iter().filter(is_nobodys).any(|record| record.mentions(tool) && !mark.marks(record)) {
        let tool = quoted(tool);
        return Stop::inconclusive(format!(
            "the log has records of {tool} without user, client or token, so that {what} is not told from others"
        ));
    }
    if missing.is_some() {
        return Stop::inconclusive(format!(
            "the log knows the token of {what}, and says neither tool nor scope: the record may be of the token alone"
        ));
    }
    Stop::violation(expected, format!("records of its token alone, none of which names {}", quoted(tool)))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::audit::records;

    /// What is said of a served and a refused call when this is in the log.
    fn said(lines: impl Fn(&Mark, &Mark) -> Vec<Value>) -> &'static str {
        let (served, refused) = (Mark::new(), Mark::new());
        let records = records(&lines(&served, &refused));
        let missing = Some("reports:write".to_owned());
        let calls = [
            Call { what: "a served call", mark: served, tool: "read_report".to_owned(), missing: None },
            Call { what: "a refused call", mark: refused, tool: "read_report".to_owned(), missing },
        ];
        match judged(&calls, &records) {
            Ok(()) => "logged",
            Err(Stop::Violation { .. }) => "not logged",
            Err(_) => "unclear",
        }
    }

    #[test]
    fn a_record_of_a_call_names_its_token_and_its_tool() {
        let call = |mark: &Mark| json!({"tool": "read_report", "jti": mark.token_id});
        let token = |mark: &Mark| json!({"event": "token verified", "jti": mark.token_id, "sub": mark.subject});
        assert_eq!(said(|served, refused| vec![call(served), call(refused)]), "logged");
        assert_eq!(said(|served, refused| vec![token(served), call(served), token(refused), call(refused)]), "logged");
        assert_eq!(said(|served, _| vec![call(served)]), "not logged");
        assert_eq!(said(|served, refused| vec![token(served), token(refused)]), "not logged");
        assert_eq!(said(|served, refused| vec![token(served), call(refused)]), "not logged");
        assert_eq!(said(|served, refused| vec![token(refused), token(served)]), "not logged");
        assert_eq!(said(|_, _| vec![]), "not logged");
    }

    #[test]
    fn a_record_of_a_refusal_may_name_the_scope_instead() {
        let served = |mark: &Mark| json!({"message": "read_report for reports:read", "sub": mark.subject});
        let refusal = |why: &str, mark: &Mark| json!({"event": "denied", "reason": why, "sub": mark.subject});
        assert_eq!(said(|s, refused| vec![served(s), refusal("insufficient_scope", refused)]), "logged");
        assert_eq!(said(|s, refused| vec![served(s), refusal("needs reports:write", refused)]), "logged");
        assert_eq!(said(|s, refused| vec![served(s), refusal("", refused)]), "unclear");
    }

    #[test]
    fn what_nothing_ties_to_anybody_is_not_judged() {
        let anybodys = || json!({"tool": "read_report", "request": 7});
        let token = |mark: &Mark| json!({"event": "token verified", "jti": mark.token_id, "request": 7});
        assert_eq!(said(|_, _| vec![anybodys(), anybodys()]), "unclear");
        assert_eq!(said(|served, refused| vec![token(served), anybodys(), token(refused), anybodys()]), "unclear");
        let anothers = || json!({"tool": "read_report", "sub": "ada"});
        assert_eq!(said(|served, _| vec![token(served), anothers()]), "not logged");
    }
}
