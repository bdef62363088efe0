//! What stands above all findings: that a server is not protected. Twenty checks fail then, and mean this one thing.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckResult, Target, Verdict};
use crate::check::Area;
use crate::mcp::Revision;
use crate::reply::SERVED;

/// The check that finds it.
const NO_TOKEN: &str = "no-token";

/// The check that fails where notifications need no token either; the other open ways in are listed under it if no tool
/// could be called.
const NOTIFICATION: &str = "notification-without-token";

/// The checks of the other ways in.
const DOORS: [(&str, &str); 3] = [
    ("initialize-without-token", "initialize"),
    ("discover-without-token", "server/discover"),
    ("list-without-token", "tools/list"),
];

/// A finding about the server as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Headline {
    /// Which one.
    pub kind: HeadlineKind,
    /// The same in a sentence.
    pub text: String,
}

/// The findings about a server as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeadlineKind {
    /// Whatever was asked without a token was served, in every revision.
    NotProtected,
    /// Some requests want a token; those that matter do not, in one revision at least.
    PartlyProtected,
    /// Nothing wanted a token, and no tool could be called to see whether tools do.
    NothingAskedForAToken,
}

impl Headline {
    /// The headline in a few words.
    pub fn title(&self) -> &'static str {
        match self.kind {
            HeadlineKind::NotProtected => "NOT PROTECTED",
            HeadlineKind::PartlyProtected => "NOT PROTECTED EVERYWHERE",
            HeadlineKind::NothingAskedForAToken => "NOT PROTECTED AS FAR AS CAN BE SEEN",
        }
    }

    /// The headline that these results give, if any.
    pub(super) fn of(target: &Target, results: &[CheckResult]) -> Option<Self> {
        let asked: Vec<_> = results.iter().filter(|r| r.check == NO_TOKEN).collect();
        let open: Vec<_> = asked.iter().copied().filter(|r| was_served(r)).collect();
        let doors: Vec<_> = results
            .iter()
            .filter(|r| r.verdict.is_tested())
            .filter_map(|r| DOORS.iter().find(|(check, _)| *check == r.check).map(|(_, name)| (*name, is_broken(r))))
            .collect();
        let open_doors = !doors.is_empty() && doors.iter().all(|(_, is_open)| *is_open);
        let call = &target.call;
        if !open.is_empty() {
            let served = if target.has_accepted_token() { "is served as with one" } else { "is served" };
            let everywhere = open.len() == asked.len();
            let revisions = revisions(&open);
            let (kind, text) = if everywhere && open_doors {
                let text = format!("this server is not protected at all: without a token {call} {served}{revisions}");
                (HeadlineKind::NotProtected, format!("{text}, and so is all else that was asked"))
            } else {
                let text = format!("this server does not protect {call}: without a token it {served}{revisions}");
                (HeadlineKind::PartlyProtected, text)
            };
            return Some(Self { kind, text });
        }
        let unclear = !asked.is_empty() && asked.iter().all(|r| r.verdict == Verdict::Inconclusive && was_answered(r));
        if unclear && open_doors {
            let mut names: Vec<_> = doors.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names.dedup();
            let text = format!(
                "nothing here asked for a token: {} were served to anybody, and calls of tools may be, too; \
                 --tool NAME=JSON names one to call, which tells",
                names.join(", ")
            );
            return Some(Self { kind: HeadlineKind::NothingAskedForAToken, text });
        }
        None
    }

    /// Lists what follows from it under the check that found it: one cause, one finding.
    pub(super) fn gather(&self, results: &mut [CheckResult]) {
        if self.kind == HeadlineKind::NothingAskedForAToken {
            Self::gather_doors(results);
        }
        let is_cause = |r: &CheckResult| r.check == NO_TOKEN && (was_served(r) || r.verdict == Verdict::Inconclusive);
        let causes: Vec<Option<Revision>> = results.iter().filter(|r| is_cause(r)).map(|r| r.revision).collect();
        for result in results.iter_mut().filter(|r| r.check != NO_TOKEN) {
            let related = result.revision.is_none() || causes.contains(&result.revision);
            let follows = match self.kind {
                // What has no protection has no metadata and no challenges either. How it treats hosts and origins,
                // sessions and bodies is another matter.
                HeadlineKind::NotProtected => result.area != Area::Transport,
                // An answer that was served although it should not have been, or that was to be a refusal and was none.
                HeadlineKind::PartlyProtected => {
                    !matches!(result.area, Area::Discovery | Area::Transport | Area::Audit) && was_answered(result)
                }
                HeadlineKind::NothingAskedForAToken => {
                    result.verdict == Verdict::Inconclusive && result.area != Area::Transport
                }
            };
            if related && follows && (is_broken(result) || result.verdict == Verdict::Inconclusive) {
                result.follows_from = Some(NO_TOKEN);
            }
        }
    }

    fn gather_doors(results: &mut [CheckResult]) {
        let is_cause = |r: &CheckResult| r.check == NOTIFICATION && is_broken(r);
        let causes: Vec<Option<Revision>> = results.iter().filter(|r| is_cause(r)).map(|r| r.revision).collect();
        let is_door = |r: &CheckResult| is_broken(r) && DOORS.iter().any(|(check, _)| *check == r.check);
        for door in results.iter_mut().filter(|r| is_door(r) && causes.contains(&r.revision)) {
            door.follows_from = Some(NOTIFICATION);
        }
    }
}

fn is_broken(result: &CheckResult) -> bool {
    matches!(result.verdict, Verdict::Fail | Verdict::Warn | Verdict::Info)
}

/// Whether it broke the rule by serving what was asked, and not by another way to refuse it.
fn was_served(result: &CheckResult) -> bool {
    is_broken(result) && result.actual.as_ref().is_some_and(|actual| actual.ends_with(SERVED))
}

/// Whether the last answer of the check was a success.
fn was_answered(result: &CheckResult) -> bool {
    result.exchanges.last().and_then(|e| e.status).is_some_and(|status| (200..300).contains(&status))
}

/// The revisions, where results depend on one.
fn revisions(results: &[&CheckResult]) -> String {
    let names: Vec<_> = results.iter().filter_map(|r| r.revision).map(Revision::name).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(" and ")) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::{report, result};
    use super::*;
    use crate::check::Level;
    use crate::report::Report;
    use crate::transcript::Exchange;

    fn answered(status: u16) -> Arc<Exchange> {
        Arc::new(Exchange {
            purpose: String::new(),
            request: String::new(),
            request_headers: Vec::new(),
            request_body: String::new(),
            status: Some(status),
            error: None,
            response_headers: Vec::new(),
            response_body: String::new(),
            duration_ms: 0,
        })
    }

    fn served(check: &'static str, area: Area) -> CheckResult {
        let actual = Some(format!("200 {SERVED}"));
        CheckResult { area, actual, exchanges: vec![answered(200)], ..result(check, Verdict::Fail, Level::Must) }
    }

    fn passed(check: &'static str) -> CheckResult {
        result(check, Verdict::Pass, Level::Must)
    }

    fn unclear(check: &'static str, area: Area, status: u16) -> CheckResult {
        CheckResult { area, exchanges: vec![answered(status)], ..result(check, Verdict::Inconclusive, Level::Must) }
    }

    fn kind(report: &Report) -> Option<HeadlineKind> {
        report.summary.headline.as_ref().map(|h| h.kind)
    }

    fn causes(report: &Report) -> Vec<Option<&'static str>> {
        report.results.iter().map(|r| r.follows_from).collect()
    }

    #[test]
    fn a_server_that_serves_everything_is_one_finding() {
        let report = report(vec![
            served(NO_TOKEN, Area::Challenge),
            served("list-without-token", Area::Security),
            served("garbage-token", Area::TokenValidation),
            CheckResult { actual: Some("404 Not Found".to_owned()), ..served("metadata-served", Area::Discovery) },
            unclear("challenge-present", Area::Challenge, 200),
            served("origin-unknown", Area::Transport),
        ]);
        assert_eq!(kind(&report), Some(HeadlineKind::NotProtected));
        let under = Some(NO_TOKEN);
        assert_eq!(causes(&report), [None, under, under, under, under, None]);
    }

    #[test]
    fn one_open_tool_explains_what_it_served_and_nothing_else() {
        let report = report(vec![
            served(NO_TOKEN, Area::Challenge),
            passed("list-without-token"),
            served("garbage-token", Area::TokenValidation),
            served("metadata-served", Area::Discovery),
            unclear("key-rotation", Area::Keys, 500),
        ]);
        assert_eq!(kind(&report), Some(HeadlineKind::PartlyProtected));
        assert_eq!(causes(&report), [None, None, Some(NO_TOKEN), None, None]);
    }

    #[test]
    fn another_way_to_refuse_is_no_lack_of_protection() {
        let actual = Some("403 Forbidden".to_owned());
        let report = report(vec![CheckResult { actual, ..served(NO_TOKEN, Area::Challenge) }]);
        assert_eq!(kind(&report), None);
    }

    #[test]
    fn where_no_tool_can_be_called_it_is_said_what_would_tell() {
        let open = served("list-without-token", Area::Security);
        let report_of = |results| report(results);
        let notification = CheckResult { actual: None, ..served(NOTIFICATION, Area::Security) };
        let nothing = report_of(vec![unclear(NO_TOKEN, Area::Challenge, 200), notification, open.clone()]);
        assert_eq!(kind(&nothing), Some(HeadlineKind::NothingAskedForAToken));
        assert_eq!(causes(&nothing), [None, None, Some(NOTIFICATION)]);
        // Whoever asks for a token at one of the doors may well ask for one at the tools.
        let closed = passed("initialize-without-token");
        assert_eq!(kind(&report_of(vec![unclear(NO_TOKEN, Area::Challenge, 200), open.clone(), closed])), None);
        assert_eq!(kind(&report_of(vec![unclear(NO_TOKEN, Area::Challenge, 429), open])), None);
    }
}
