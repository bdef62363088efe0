//! A record that names the wrong person is worse than none.

use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;

use super::{Mark, log, logged, tool_of};
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
    /// then all at once. Each call must have a record with the tool, the `sub` of its token as the user and its `client_id` as
    /// the client; no record may pair the one with another's. What else the log says of the token, that it was verified, say,
    /// need not have them all. Where a record has them, `[server-audit]` in conformance.toml says, if it is not where logs
    /// commonly have them.
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

        let marks: Vec<_> = callers.into_iter().map(|(mark, _)| mark).collect();
        let tool = tool_of(cx.bearing_operation());
        let records = logged(log, place, |records| fewest(records, &marks, tool) >= ROUNDS).await?;
        judged(&records, &marks, tool)
    }
}

/// What a log says of the calls of this tool that each of these made.
fn judged(records: &[Record], marks: &[Mark], tool: &str) -> Verdict {
    for record in records {
        for mark in marks.iter().filter(|mark| mark.marks(record)) {
            if let Some(subject) = record.says(Member::Subject).filter(|subject| *subject != mark.subject) {
                return Err(crossed("user", &mark.subject, subject));
            }
            if let Some(client) = client_of(record).filter(|client| *client != mark.client) {
                return Err(crossed("client", &mark.client, client));
            }
        }
    }
    if records.is_empty() {
        return Err(Stop::inconclusive("nothing was added to the log, so there is no identity in it to judge"));
    }
    match fewest(records, marks, tool) {
        ROUNDS.. => Ok(()),
        fewest => {
            let expected = format!("{ROUNDS} records of each user who called {ROUNDS} times");
            Err(Stop::violation(expected, format!("{fewest} that name tool, user and client of one of them")))
        }
    }
}

/// How many calls of the one of whom there are the fewest have a record that says who called what.
fn fewest(records: &[Record], marks: &[Mark], tool: &str) -> usize {
    let complete = |mark: &Mark, record: &Record| {
        let names_caller = record.says(Member::Subject) == Some(mark.subject.as_str())
            && client_of(record) == Some(mark.client.as_str());
        names_caller && mark.marks_call_of(tool, record)
    };
    let of = |mark: &Mark| records.iter().filter(|record| complete(mark, record)).count();
    marks.iter().map(of).min().unwrap_or_default()
}

/// The OAuth client in a record. Many a log has an address where it says "client": that of the connection.
fn client_of(record: &Record) -> Option<&str> {
    let is_address = |said: &str| said.parse::<IpAddr>().is_ok() || said.parse::<SocketAddr>().is_ok();
    record.says(Member::Client).filter(|said| !is_address(said))
}

fn crossed(what: &str, expected: &str, actual: &str) -> Stop {
    Stop::violation(format!("{expected} as the {what}"), quoted(actual))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::audit::records;

    /// What is said of two callers when this is in the log for each call of each.
    fn said(lines: impl Fn(&Mark, &Mark) -> Vec<Value>) -> Verdict {
        let marks = [Mark::new(), Mark::new()];
        let of = |_| [lines(&marks[0], &marks[1]), lines(&marks[1], &marks[0])].concat();
        judged(&records(&(0..ROUNDS).flat_map(of).collect::<Vec<_>>()), &marks, "read_report")
    }

    fn call(mark: &Mark) -> Value {
        json!({"tool": "read_report", "sub": mark.subject, "client_id": mark.client, "jti": mark.token_id})
    }

    #[test]
    fn a_record_beside_that_of_the_call_need_not_say_all() {
        assert_eq!(said(|mark, _| vec![call(mark)]), Ok(()));
        for beside in ["sub", "jti"] {
            let line =
                |mark: &Mark| json!({"event": "token verified", beside: call(mark)[beside], "client": "127.0.0.1:80"});
            assert_eq!(said(|mark, _| vec![line(mark), call(mark)]), Ok(()));
            assert!(matches!(said(|mark, _| vec![line(mark)]), Err(Stop::Violation { .. })));
        }
        let began = |mark: &Mark| json!({"event": "began", "tool": "read_report", "jti": mark.token_id});
        assert_eq!(said(|mark, _| vec![began(mark), call(mark)]), Ok(()));
    }

    #[test]
    fn another_identity_is_none() {
        for member in ["sub", "client_id"] {
            let crossed = |mark: &Mark, other: &Mark| {
                let mut record = call(mark);
                record[member] = call(other)[member].take();
                record
            };
            for event in [true, false] {
                let lines = |mark: &Mark, other: &Mark| {
                    let mut crossed = crossed(mark, other);
                    crossed["tool"] = if event { Value::Null } else { "read_report".into() };
                    vec![call(mark), crossed]
                };
                assert!(matches!(said(lines), Err(Stop::Violation { .. })), "{member}");
            }
            let without = |mark: &Mark| {
                let mut record = call(mark);
                record[member].take();
                record
            };
            assert!(matches!(said(|mark, _| vec![without(mark)]), Err(Stop::Violation { .. })), "{member}");
        }
    }

    #[test]
    fn the_user_of_the_token_alone_is_not_the_user_of_the_call() {
        let lines = |mark: &Mark, _: &Mark| {
            let mut token = call(mark);
            token["tool"].take();
            vec![token, json!({"tool": "read_report", "sub": "the first", "client_id": "the first's"})]
        };
        assert!(matches!(said(lines), Err(Stop::Violation { .. })));
    }
}
