//! A report is finished data; a reporter only writes it. This enum is the one list of the formats.

mod closing;
mod github;
mod groups;
mod headline;
mod html;
mod json;
mod junit;
mod markdown;
mod outcome;
mod sarif;
mod terminal;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::baseline::{self, Ran};
use crate::check::{AnyCheck, Area, Level, Need, Stop};
use crate::exit_status::ExitStatus;
use crate::framework::{self, Recognised};
use crate::mcp::Revision;
use crate::transcript::Exchange;

pub use headline::{Headline, HeadlineKind};
pub use json::{SCHEMA_VERSION, schema};
pub use outcome::{Part, Policy};
pub use terminal::{Terminal, Volume};

/// What a check came to: one list, in every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A MUST was broken.
    Fail,
    /// A SHOULD was broken.
    Warn,
    /// The suite itself went wrong.
    Error,
    /// A precondition did not hold; nothing can be said.
    Inconclusive,
    /// A MAY, reported only.
    Info,
    /// The requirement holds.
    Pass,
    /// This run has no means to tell.
    NotTested,
    /// The requirement does not bind this server.
    NotApplicable,
}

impl Verdict {
    /// How an ended check is judged; `strict` makes a SHOULD weigh as much as a MUST.
    pub fn of(ended: &crate::check::Verdict, level: Level, strict: bool) -> Self {
        match ended {
            Ok(()) => Self::Pass,
            Err(Stop::Violation { .. }) => match level {
                Level::Must => Self::Fail,
                Level::Should if strict => Self::Fail,
                Level::Should => Self::Warn,
                Level::May => Self::Info,
            },
            Err(Stop::Inconclusive { .. }) => Self::Inconclusive,
            Err(Stop::NotApplicable { .. }) => Self::NotApplicable,
            Err(Stop::NotTested { .. } | Stop::Undeclared { .. }) => Self::NotTested,
            Err(Stop::Bug { .. }) => Self::Error,
        }
    }

    /// The verdict's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Inconclusive => "inconclusive",
            Self::Info => "info",
            Self::Pass => "pass",
            Self::NotTested => "not_tested",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Whether the check said something about the server.
    pub fn is_tested(self) -> bool {
        matches!(self, Self::Fail | Self::Warn | Self::Info | Self::Pass)
    }

    /// Whether the requirement was broken, whatever that weighs.
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Fail | Self::Warn | Self::Info)
    }
}

/// Why a result does not decide how the run ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Excuse {
    /// The baseline lists the finding.
    Known {
        /// Why it is put up with.
        reason: String,
    },
    /// `--known-flaky` names the check.
    Flaky {
        /// Why it is known for that, where that was said.
        reason: Option<String>,
    },
}

/// One check in one revision, and how it ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckResult {
    /// The check's id.
    pub check: &'static str,
    /// The statement that was put to the test.
    pub title: &'static str,
    /// The catalogue's ids.
    pub requirements: &'static [&'static str],
    /// What a violation weighs.
    pub level: Level,
    /// The topic.
    pub area: Area,
    /// The revision, where the check depends on it.
    pub revision: Option<Revision>,
    /// How it ended.
    pub verdict: Verdict,
    /// What the requirement asks for, where it was broken.
    pub expected: Option<String>,
    /// What came instead.
    pub actual: Option<String>,
    /// What else is worth knowing, whatever the verdict.
    pub remarks: Vec<String>,
    /// Why nothing can be said, or why the requirement does not bind.
    pub because: Option<String>,
    /// What the run would need, where the check was not tested.
    pub missing: Vec<Need>,
    /// What would make it testable, where it came to nothing.
    pub remedy: Option<String>,
    /// The check whose failure explains why this one failed, or why it could tell nothing.
    pub follows_from: Option<&'static str>,
    /// How it is mended in the framework that was recognised, where that is known.
    pub framework_fix: Option<&'static str>,
    /// Why this does not decide how the run ends, where it does not.
    pub excuse: Option<Excuse>,
    /// Milliseconds.
    pub duration_ms: u64,
    /// The evidence, secrets masked.
    pub exchanges: Vec<Arc<Exchange>>,
}

impl CheckResult {
    /// Takes the verdict back where it rests on a refusal, which proves nothing for this reason. That a request was served
    /// stands whatever else the server refuses.
    pub fn doubt(&mut self, why: &str) {
        let was_refused = |actual: &str| actual.contains("401") || actual.contains("403");
        let rests_on_refusal = match self.verdict {
            Verdict::Pass => true,
            Verdict::Fail | Verdict::Warn | Verdict::Info => self.actual.as_deref().is_some_and(was_refused),
            Verdict::Error | Verdict::Inconclusive | Verdict::NotTested | Verdict::NotApplicable => false,
        };
        if rests_on_refusal {
            self.verdict = Verdict::Inconclusive;
            (self.expected, self.actual) = (None, None);
            self.because = Some(why.to_owned());
        }
    }
}

/// A finished run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Version of this structure; see `docs/report.schema.json`.
    pub schema_version: u32,
    /// What made the report.
    pub tool: Tool,
    /// What was tested.
    pub target: Target,
    /// How often each verdict was given, and the whole.
    pub summary: Summary,
    /// The baseline, held against this run, where one was given.
    pub baseline: Option<baseline::Judged>,
    /// Every check in every revision, in the registry's order.
    pub results: Vec<CheckResult>,
}

/// What made the report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `conformance`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// What was tested, and with which access.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Target {
    /// The MCP endpoint.
    pub url: String,
    /// Revisions tested.
    pub revisions: Vec<Revision>,
    /// Whether the revisions were assumed, for want of a token.
    pub revisions_assumed: bool,
    /// Revisions that the server did not speak, and what it answered.
    pub not_spoken: Vec<String>,
    /// The zone that was controlled.
    pub zone: Option<String>,
    /// What bore the token checks.
    pub call: String,
    /// What the run had.
    pub access: BTreeSet<Need>,
    /// Why no token was accepted, where tokens were tried.
    pub token_refused: Option<String>,
    /// What the server seems to be made with.
    pub framework: Option<Recognised>,
    /// What is worth knowing about the access that the run had, and what to do about it.
    pub notes: Vec<String>,
    /// The subcommand and the options that reproduce the run, without `--check`.
    #[serde(skip)]
    pub rerun: String,
}

impl Target {
    /// Whether the run found a token that the server accepts, which is then no guess.
    pub(crate) fn has_accepted_token(&self) -> bool {
        !self.revisions_assumed
    }
}

/// The whole: in a sentence where there is one for it, and in numbers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// What is to be said of the server as a whole, before all findings.
    pub headline: Option<Headline>,
    /// How often each verdict was given.
    pub verdicts: BTreeMap<&'static str, usize>,
    /// Checks that said something.
    pub tested: usize,
    /// Checks that were selected.
    pub selected: usize,
    /// Areas of which no check said anything.
    pub areas_not_tested: Vec<Area>,
    /// What was missing, and how many checks wanted it.
    pub missing: BTreeMap<&'static str, usize>,
    /// How the process ends, and why, where it is not success.
    pub exit_status: ExitStatus,
    /// Why.
    pub exit_reason: Option<String>,
    /// Milliseconds.
    pub duration_ms: u64,
}

impl Report {
    /// Puts finished results together: relates findings of one cause, counts, and decides how the process ends.
    pub fn new(
        target: Target,
        selected: &[&'static dyn AnyCheck],
        mut results: Vec<CheckResult>,
        policy: &Policy,
        duration_ms: u64,
    ) -> Self {
        relate(&mut results, &crate::checks::causes);
        let headline = Headline::of(&target, &results);
        if let Some(headline) = &headline {
            headline.gather(&mut results);
        }
        let run = Ran { today: policy.today, chosen_revisions: policy.chosen_revisions || policy.interrupted };
        let baseline = policy.baseline.as_ref().map(|baseline| baseline.judge(&mut results, run));
        for result in &mut results {
            if let Some((_, reason)) = policy.flaky.iter().find(|(check, _)| *check == result.check) {
                result.excuse = Some(Excuse::Flaky { reason: reason.clone() });
            }
        }
        bring_forward(&mut results);
        if let Some(recognised) = &target.framework {
            for result in results.iter_mut().filter(|r| r.verdict.is_broken()) {
                result.framework_fix = framework::fix(recognised.framework, result.check);
            }
        }
        let summary = Summary { headline, ..summarise(selected, &results, baseline.as_ref(), policy, duration_ms) };
        let tool = Tool { name: "conformance", version: env!("CARGO_PKG_VERSION") };
        Self { schema_version: SCHEMA_VERSION, tool, target, summary, baseline, results }
    }
}

/// What decides is listed under nothing that does not: an excused cause stands where few look.
fn bring_forward(results: &mut [CheckResult]) {
    let causes: BTreeSet<_> = results.iter().filter(|r| r.excuse.is_none()).map(|r| (r.check, r.revision)).collect();
    for result in results.iter_mut().filter(|r| r.excuse.is_none()) {
        let stands = |cause: &str| {
            causes.iter().any(|(check, revision)| {
                *check == cause && (*revision == result.revision || revision.is_none() || result.revision.is_none())
            })
        };
        result.follows_from = result.follows_from.filter(|cause| stands(cause));
    }
}

/// One cause, one finding: a result is listed under another whose failure, in the same revision, explains it.
fn relate(results: &mut [CheckResult], causes: &dyn Fn(&str) -> &'static [&'static str]) {
    let failed: BTreeMap<_, Cause> = results
        .iter()
        .filter(|r| matches!(r.verdict, Verdict::Fail | Verdict::Warn))
        .map(|r| ((r.check, r.revision), Cause::of(r)))
        .collect();
    let may_follow =
        |r: &CheckResult| matches!(r.verdict, Verdict::Fail | Verdict::Warn | Verdict::Info | Verdict::Inconclusive);
    for result in results.iter_mut().filter(|r| may_follow(r)) {
        let answer = result.exchanges.last().and_then(|last| answer_to_probe(last));
        // What could not be judged follows only from a failure that had the same answer: a control that failed, or an answer
        // that did not come, has a reason of its own.
        let is_alike = |cause: &Cause| match answer {
            _ if result.verdict != Verdict::Inconclusive => !(cause.failed_alone && answer.is_some_and(is_success)),
            answer => answer.is_some_and(|answer| cause.answers.contains(&answer)),
        };
        let explains = |cause: &&'static str| {
            failed.iter().any(|((check, revision), of_cause)| {
                let related = *revision == result.revision || revision.is_none() || result.revision.is_none();
                // What fails is shown as a failure, so no warning stands above it.
                let weighs_enough = of_cause.verdict == Verdict::Fail || result.verdict != Verdict::Fail;
                check == cause && related && weighs_enough && is_alike(of_cause)
            })
        };
        result.follows_from = causes(result.check).iter().find(|c| explains(c)).copied();
    }
    // A cause that follows from another is no cause of its own: all are listed under the root.
    let direct: BTreeMap<_, _> =
        results.iter().filter_map(|r| Some(((r.check, r.revision), r.follows_from?))).collect();
    for result in results {
        while let Some(cause) = result.follows_from {
            let in_any = || direct.iter().find(|((check, _), _)| *check == cause).map(|(_, next)| next);
            let next = direct.get(&(cause, result.revision)).or_else(|| direct.get(&(cause, None)));
            let next = if result.revision.is_none() { next.or_else(in_any) } else { next };
            match next {
                Some(next) => result.follows_from = Some(next),
                None => break,
            }
        }
    }
}

/// A result that may explain others.
struct Cause {
    verdict: Verdict,
    answers: BTreeSet<u16>,
    /// Whether the server failed, and served nothing: that explains nothing which it served elsewhere.
    failed_alone: bool,
}

impl Cause {
    fn of(result: &CheckResult) -> Self {
        let answers: BTreeSet<u16> = result.exchanges.iter().filter_map(|e| answer_to_probe(e)).collect();
        let broke = result.exchanges.iter().any(|exchange| exchange.error.is_some());
        let failed = broke || answers.iter().any(|status| *status >= 500);
        let failed_alone = failed && !answers.iter().copied().any(is_success);
        Self { verdict: result.verdict, answers, failed_alone }
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// The status of an answer, if it is not that of a control.
fn answer_to_probe(exchange: &Exchange) -> Option<u16> {
    exchange.status.filter(|_| !exchange.purpose.ends_with("(control)"))
}

fn summarise(
    selected: &[&dyn AnyCheck],
    results: &[CheckResult],
    baseline: Option<&baseline::Judged>,
    policy: &Policy,
    duration_ms: u64,
) -> Summary {
    let mut verdicts = BTreeMap::new();
    let mut missing = BTreeMap::new();
    for result in results {
        *verdicts.entry(result.verdict.name()).or_insert(0) += 1;
        for need in &result.missing {
            *missing.entry(need.name()).or_insert(0) += 1;
        }
    }
    let tested: BTreeSet<_> = results.iter().filter(|r| r.verdict.is_tested()).map(|r| r.check).collect();
    let areas: BTreeSet<Area> = selected.iter().map(|c| c.meta().area).collect();
    let areas_tested: BTreeSet<Area> = results.iter().filter(|r| r.verdict.is_tested()).map(|r| r.area).collect();
    let (exit_status, exit_reason) = outcome::decide(results, baseline, policy);
    Summary {
        headline: None,
        verdicts,
        tested: tested.len(),
        selected: selected.len(),
        areas_not_tested: areas.difference(&areas_tested).copied().collect(),
        missing,
        exit_status,
        exit_reason,
        duration_ms,
    }
}

/// Writes a report.
pub trait Reporter {
    /// Writes the whole report.
    ///
    /// # Errors
    /// The writer's.
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()>;
}

/// Every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Terminal,
    /// For programs: the contract.
    Json,
    /// For what shows test results.
    Junit,
    /// For the summary of a CI job.
    Markdown,
    /// For code scanning.
    Sarif,
    /// For people, with everything: a page that needs nothing else.
    Html,
    /// For the log of a GitHub job, which shows its lines as annotations.
    Github,
}

impl Format {
    /// The format's reporter; `terminal` says how the one for people looks.
    pub fn reporter(self, terminal: Terminal) -> Box<dyn Reporter> {
        match self {
            Self::Terminal => Box::new(terminal),
            Self::Json => Box::new(json::Json),
            Self::Junit => Box::new(junit::Junit),
            Self::Markdown => Box::new(markdown::Markdown),
            Self::Sarif => Box::new(sarif::Sarif),
            Self::Html => Box::new(html::Html),
            Self::Github => Box::new(github::Github),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::baseline::Baseline;

    pub(crate) fn result(check: &'static str, verdict: Verdict, level: Level) -> CheckResult {
        let known = crate::checks::find(check);
        CheckResult {
            check,
            title: known.map_or("A statement", |c| c.title()),
            requirements: known.map_or(&["mcp-auth-audience-validated"], |c| c.meta().requirements),
            level,
            area: known.map_or(Area::Audience, |c| c.meta().area),
            revision: Some(Revision::V2025_11_25),
            verdict,
            expected: None,
            actual: None,
            remarks: Vec::new(),
            because: None,
            missing: Vec::new(),
            remedy: None,
            follows_from: None,
            framework_fix: None,
            excuse: None,
            duration_ms: 1,
            exchanges: Vec::new(),
        }
    }

    pub(super) fn report(results: Vec<CheckResult>) -> Report {
        judged(results, &Policy::default())
    }

    /// A report on results, judged by a policy.
    pub(super) fn judged(results: Vec<CheckResult>, policy: &Policy) -> Report {
        let target = Target {
            url: "http://localhost:8080/mcp".to_owned(),
            revisions: Revision::ALL.to_vec(),
            revisions_assumed: false,
            not_spoken: Vec::new(),
            zone: None,
            call: "tools/list".to_owned(),
            access: BTreeSet::new(),
            token_refused: None,
            framework: None,
            notes: Vec::new(),
            rerun: "run".to_owned(),
        };
        let mut selected: Vec<_> = results.iter().filter_map(|r| crate::checks::find(r.check)).collect();
        selected.dedup_by_key(|check| check.meta().id);
        Report::new(target, &selected, results, policy, 1)
    }

    /// A result of each kind, as small as can be.
    pub(super) fn every_verdict() -> Vec<CheckResult> {
        let broken = |check, verdict, level| CheckResult {
            expected: Some("401, the request not served".to_owned()),
            actual: Some("200 with a result: the request was served".to_owned()),
            ..result(check, verdict, level)
        };
        let because = |check, verdict, why: &str| CheckResult {
            because: Some(why.to_owned()),
            ..result(check, verdict, Level::Must)
        };
        vec![
            broken("audience-other", Verdict::Fail, Level::Must),
            CheckResult {
                revision: Some(Revision::V2026_07_28),
                ..broken("audience-other", Verdict::Fail, Level::Must)
            },
            broken("audience-sibling", Verdict::Fail, Level::Must),
            broken("missing-exp", Verdict::Warn, Level::Should),
            broken("metadata-offline-access", Verdict::Info, Level::May),
            because("unsigned-token", Verdict::Inconclusive, "the answer was 429 Too Many Requests"),
            because("garbage-token", Verdict::Error, "the check's task was lost"),
            because("scope-order", Verdict::NotApplicable, "it names no scopes"),
            CheckResult { missing: vec![Need::ScopeMap], ..result("scope-missing", Verdict::NotTested, Level::Must) },
            CheckResult {
                revision: None,
                remarks: vec!["a remark".to_owned()],
                ..result("audience-missing", Verdict::Pass, Level::Must)
            },
        ]
    }

    /// A report with a finding of each kind that a baseline knows of, and a flaky check.
    pub(super) fn excused() -> Report {
        let text = "[[known]]\ncheck = 'audience-other'\nreason = 'ticket 7'\n\
                    [[known]]\ncheck = 'audience-missing'\nreason = 'ticket 8'\n\
                    [[known]]\ncheck = 'key-rotation'\nreason = 'ticket 9'\n";
        let baseline = Baseline::parse("known.toml", text).expect("a baseline");
        let flaky = vec![("unsigned-token", Some("rate limit".to_owned()))];
        let policy = Policy { baseline: Some(baseline), flaky, ..Policy::default() };
        judged(every_verdict(), &policy)
    }

    /// A report in which a server's text stands wherever it can.
    pub(super) fn hostile(said: &str) -> Report {
        let text = || Some(said.to_owned());
        let mut results = every_verdict();
        for result in &mut results {
            result.expected = result.expected.as_ref().and_then(|_| text());
            result.actual = result.actual.as_ref().and_then(|_| text());
            result.because = result.because.as_ref().and_then(|_| text());
            result.remarks = vec![said.to_owned()];
        }
        let mut report = report(results);
        report.target.url = said.to_owned();
        report.target.zone = text();
        report.target.call = said.to_owned();
        report.target.token_refused = text();
        report.target.notes = vec![said.to_owned()];
        report.target.not_spoken = vec![said.to_owned()];
        report.target.rerun = said.to_owned();
        report.summary.exit_reason = text();
        report.summary.headline = Some(Headline { kind: HeadlineKind::NotProtected, text: said.to_owned() });
        report
    }

    /// What a reporter writes.
    pub(super) fn written(reporter: &dyn Reporter, report: &Report) -> String {
        let mut out = Vec::new();
        reporter.write(report, &mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("reports are UTF-8")
    }

    #[test]
    fn what_decides_is_listed_under_nothing_that_is_excused() {
        let report = excused();
        let of = |check: &str| report.results.iter().find(|r| r.check == check).expect("a result");
        assert!(matches!(of("audience-other").excuse, Some(Excuse::Known { .. })));
        assert_eq!((of("audience-sibling").excuse.clone(), of("audience-sibling").follows_from), (None, None));
        assert!(matches!(of("unsigned-token").excuse, Some(Excuse::Flaky { .. })));
        assert_eq!(report.summary.exit_status, ExitStatus::Findings);
    }

    #[test]
    fn one_cause_is_one_finding() {
        let mut results = [
            result("cause", Verdict::Fail, Level::Must),
            result("effect", Verdict::Fail, Level::Must),
            CheckResult { revision: Some(Revision::V2026_07_28), ..result("effect", Verdict::Fail, Level::Must) },
        ];
        relate(&mut results, &|id| if id == "effect" { &["cause"] } else { &[] });
        assert_eq!(results.iter().map(|r| r.follows_from).collect::<Vec<_>>(), [None, Some("cause"), None]);
    }

    #[test]
    fn a_failure_is_listed_under_no_warning() {
        let mut results = [
            result("cause", Verdict::Warn, Level::Should),
            result("effect", Verdict::Fail, Level::Must),
            result("other", Verdict::Warn, Level::Should),
        ];
        relate(&mut results, &|id| if id == "cause" { &[] } else { &["cause"] });
        assert_eq!(results.map(|r| r.follows_from), [None, None, Some("cause")]);
    }

    #[test]
    fn what_could_not_be_judged_follows_from_the_same_answer_alone() {
        let answered = |check, verdict, purpose: &str, status| {
            let exchange = Exchange { purpose: purpose.to_owned(), status, ..Exchange::default() };
            CheckResult { exchanges: vec![Arc::new(exchange)], ..result(check, verdict, Level::Must) }
        };
        for (of_cause, of_effect, purpose, expected) in [
            (Some(200), Some(200), "a garbage token", Some("cause")),
            (Some(500), Some(500), "a garbage token", Some("cause")),
            (Some(200), Some(429), "a garbage token", None),
            (Some(200), None, "a garbage token", None),
            (None, None, "a garbage token", None),
            (Some(401), Some(401), "the accepted token (control)", None),
        ] {
            let mut results = [
                answered("cause", Verdict::Fail, "a garbage token", of_cause),
                answered("effect", Verdict::Inconclusive, purpose, of_effect),
            ];
            relate(&mut results, &|id| if id == "effect" { &["cause"] } else { &[] });
            assert_eq!(results[1].follows_from, expected, "{of_cause:?} {of_effect:?} {purpose}");
        }
    }

    #[test]
    fn what_is_served_does_not_follow_from_a_crash() {
        let answered = |check, status| {
            let exchange =
                Exchange { purpose: "a garbage token".to_owned(), status: Some(status), ..Exchange::default() };
            CheckResult { exchanges: vec![Arc::new(exchange)], ..result(check, Verdict::Fail, Level::Must) }
        };
        for (of_cause, of_effect, expected) in
            [(500, 204, None), (500, 500, Some("cause")), (500, 401, Some("cause")), (200, 204, Some("cause"))]
        {
            let mut results = [answered("cause", of_cause), answered("effect", of_effect)];
            relate(&mut results, &|id| if id == "effect" { &["cause"] } else { &[] });
            assert_eq!(results[1].follows_from, expected, "{of_cause} {of_effect}");
        }
    }

    #[test]
    fn what_follows_from_a_consequence_is_listed_under_the_root() {
        let mut results = ["root", "branch", "leaf"].map(|id| result(id, Verdict::Fail, Level::Must));
        relate(&mut results, &|id| match id {
            "branch" => &["root"],
            "leaf" => &["branch"],
            _ => &[],
        });
        assert_eq!(results.map(|r| r.follows_from), [None, Some("root"), Some("root")]);
    }
}
