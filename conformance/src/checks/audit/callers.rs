//! A record that names the wrong person is worse than none.

use async_trait::async_trait;
use futures_util::future::join_all;

use super::{Mark, log, logged};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;
use crate::server_audit::{Member, Record};
use crate::text::quoted;

page! {
    /// The server's log ties each call to its verified user and client
    ///
    /// # What it checks
    /// Four users, each with a client of their own, call the tool that bears the token checks, one after the other and
    /// then all at once. Each call must have a record with the `sub` of its token as the user and its `client_id` as the
    /// client; no record may pair the one with another's. Where a record has them, `[server-audit]` in conformance.toml
    /// says, if it is not where logs commonly have them.
    ///
    /// # Why it matters
    /// An identity that is taken from somewhere else than the verified token, or from another call, puts one user's
    /// doings on another's account.
    ///
    /// # How to fix it
    /// Make the record of the very identity that the verification yields, carried in the request's own context, and never
    /// of a header, an argument or a global.
    ///
    /// # Reference
    /// The Keycard guide, introduction: every tool call is tied to a verified user.
    pub struct CallersLogged;
}

const META: Meta = Meta {
    id: "callers-logged",
    requirements: &["keycard-guide-tool-call-identity-in-log"],
    level: Level::Must,
    area: Area::Audit,
    needs: &[Need::ServerAudit, Need::ZoneControl, Need::DeclaredTool],
    follows_from: &["tool-calls-logged"],
    ..Meta::CALM
};

/// Users that call.
const CALLERS: usize = 4;
/// How often each calls: once alone, then with the others.
const ROUNDS: usize = 2;

#[async_trait]
impl Check for CallersLogged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        if !matches!(cx.bearing_operation(), Operation::CallTool { .. }) {
            return Err(Stop::NotTested { need: Need::DeclaredTool });
        }
        let (log, place) = log(cx)?;
        let mut callers = Vec::new();
        for _ in 0..CALLERS {
            let mark = Mark::new();
            let compact = cx.sign(&mark.draft(&token), "token of one of many users").await?;
            callers.push((mark, compact));
        }
        let mut replies = Vec::new();
        for (_, compact) in &callers {
            replies.push(cx.call_as_another(compact, "a token of one of many users").await?);
        }
        let calls = callers.iter().map(|(_, compact)| cx.call_as_another(compact, "a token of one of many users"));
        for reply in join_all(calls).await {
            replies.push(reply?);
        }
        if let Some(reply) = replies.iter().find(|reply| reply.outcome() != Outcome::Served) {
            return Err(Stop::inconclusive(format!("one of many users got {}", reply.describe())));
        }

        let complete = |records: &[Record]| callers.iter().all(|(mark, _)| tied(records, mark) >= ROUNDS);
        let records = logged(log, place, complete).await?;
        for record in &records {
            for (mark, _) in callers.iter().filter(|(mark, _)| mark.marks(record)) {
                let (subject, client) = (record.says(Member::Subject), record.says(Member::Client));
                if subject != Some(mark.subject.as_str()) {
                    return Err(crossed("user", &mark.subject, subject));
                }
                if client != Some(mark.client.as_str()) {
                    return Err(crossed("client", &mark.client, client));
                }
            }
        }
        if complete(&records) {
            return Ok(());
        }
        if records.is_empty() {
            return Err(Stop::inconclusive("nothing was added to the log, so there is no identity in it to judge"));
        }
        let fewest = callers.iter().map(|(mark, _)| tied(&records, mark)).min().unwrap_or_default();
        let expected = format!("{ROUNDS} records of each user who called {ROUNDS} times");
        Err(Stop::violation(expected, format!("{fewest} that name the user of one of them")))
    }
}

/// How many records name the user of this mark.
fn tied(records: &[Record], mark: &Mark) -> usize {
    records.iter().filter(|record| record.says(Member::Subject) == Some(mark.subject.as_str())).count()
}

fn crossed(what: &str, expected: &str, actual: Option<&str>) -> Stop {
    let actual = actual.map_or_else(|| format!("a record of the call without a {what}"), quoted);
    Stop::violation(format!("{expected} as the {what}"), actual)
}
