//! Who asks for more, and gets it, leaves a trace.

use std::cmp::Reverse;

use super::{Mark, log, logged, tool_of};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::server_audit::{Member, Record};

page! {
    /// A step-up of scopes is in the server's log, its two calls tied together
    ///
    /// # What it checks
    /// One user with one client calls a tool with a token that lacks a scope, gets 403, and calls again with a wider token of
    /// the same session. The log must hold a record of each, the scope must stand in both (as what was wanted, and as what
    /// was granted), and the two must share a correlation id.
    ///
    /// # Why it matters
    /// Attackers who have a narrow token try for a wider one. Two records that nothing ties together do not show that.
    ///
    /// # How to fix it
    /// Write into each record what the call needed and what the token had, and an id that is the same for all calls of one
    /// session (`sid`), or of one user with one client.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Scope Minimization".
    pub struct ElevationLogged;
}

const META: Meta = Meta {
    id: "elevation-logged",
    requirements: &["sbp-log-elevation-events"],
    level: Level::Should,
    area: Area::Audit,
    needs: &[Need::ServerAudit, Need::ZoneControl, Need::ScopeMap],
    follows_from: &["tool-calls-logged", "callers-logged"],
    ..Meta::CALM
};

impl Check for ElevationLogged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let Some(tool) = cx.survey().scoped_tools.first() else {
            return Err(Stop::NotTested { need: Need::ScopeMap });
        };
        let scoped = cx.scoped_tool(tool).await?;
        let (missing, left) = scoped.lacking_one();
        let (log, place) = log(cx)?;
        let narrow = Mark::new();
        let wide = narrow.with_another_token();
        let mut calls = Vec::new();
        for (mark, scopes, outcome) in [(&narrow, &left, Outcome::Forbidden), (&wide, &scoped.scopes, Outcome::Served)]
        {
            let mut draft = mark.draft(&token);
            draft.scopes(scopes);
            // Of one sign-in, as where a client comes back with more.
            draft.claim("sid", narrow.token_id.as_str());
            let compact = cx.sign(&draft, "token of a step-up").await?;
            let reply = cx.perform_as_another(&tool.operation, &compact, "a token of a step-up").await?;
            if reply.outcome() != outcome {
                let why = format!("{} got {} in the step-up", tool.name(), reply.describe());
                return Err(Stop::inconclusive(why));
            }
            calls.push(mark);
        }

        let names_tool = |record: &Record| record.mentions(tool_of(&tool.operation));
        // The record of the call rather than of its token, which may have been written down before.
        let of = |records: &[Record], mark: &Mark| {
            let is_of = |(_, record): &(usize, &Record)| record.says(Member::Id) == Some(mark.token_id.as_str());
            let rank = |(at, record): &(usize, &Record)| (names_tool(record), record.mentions(&missing), Reverse(*at));
            records.iter().enumerate().filter(is_of).max_by_key(rank).map(|(at, _)| at)
        };
        // Where no record has the token's name, those of this user, in their order, are the two.
        let pair = |records: &[Record]| {
            if let (Some(first), Some(second)) = (of(records, &narrow), of(records, &wide)) {
                return Some((first, second));
            }
            let first_two = |holds: &dyn Fn(&Record) -> bool| {
                let mut named = (0..records.len()).filter(|at| narrow.marks(&records[*at]) && holds(&records[*at]));
                named.next().zip(named.next())
            };
            first_two(&names_tool).or_else(|| first_two(&|_| true))
        };
        let is_told = |records: &[Record]| {
            pair(records).is_some_and(|(one, other)| [one, other].iter().all(|at| records[*at].mentions(&missing)))
        };
        let records = logged(log, place, is_told).await?;
        let Some((first, second)) = pair(&records) else {
            let found = calls.iter().filter(|mark| records.iter().any(|record| mark.marks(record))).count();
            return Err(Stop::violation(
                "a record of the refused call and one of the wider one",
                format!("{found} found"),
            ));
        };
        let (refused, served) = (&records[first], &records[second]);
        for (what, record) in [("refused call", refused), ("call with the wider token", served)] {
            if !record.mentions(&missing) {
                let expected = format!("the scope {missing} in the record of the {what}");
                return Err(Stop::violation(expected, "a record without it"));
            }
        }
        match (refused.says(Member::Correlation), served.says(Member::Correlation)) {
            (Some(a), Some(b)) if a == b && !a.is_empty() => Ok(()),
            (None, _) | (_, None) => Err(Stop::violation("one correlation id in both records", "a record without any")),
            _ => Err(Stop::violation("one correlation id in both records", "two different ones")),
        }
    }
}
