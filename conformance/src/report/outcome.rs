//! How a run ends: what it promised, and what came of that.

use std::collections::BTreeSet;

use clap::ValueEnum as _;
use jiff::civil::Date;

use super::{CheckResult, Excuse, Verdict};
use crate::baseline::{Baseline, Entry, Judged, Standing};
use crate::check::{Area, Level, Need};
use crate::checks;
use crate::exit_status::ExitStatus;
use crate::text::{nearest, quoted};

/// What a run promised, by which its end is judged.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Parts of which nothing may be left untested.
    pub require: Vec<Part>,
    /// Needs whose untested MUSTs are waived.
    pub allow_untested: Vec<Need>,
    /// Needs that the promise of full access does not cover, though it was made.
    pub not_promised: Vec<Need>,
    /// Those needs of `require` that this run does not have at all.
    pub lacking: Vec<Need>,
    /// Why no token was accepted, where tokens were tried: then no option would help.
    pub token_refused: Option<String>,
    /// Whether full access was promised (`--zone`, `--launch`).
    pub full_access: bool,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// Findings that are known.
    pub baseline: Option<Baseline>,
    /// Checks that decide nothing, and why they are known for that, where it was said.
    pub flaky: Vec<(&'static str, Option<String>)>,
    /// Whether the user chose among the revisions.
    pub chosen_revisions: bool,
    /// The day, in UTC, by which the baseline's entries expire.
    pub today: Date,
}

/// A part of the suite, as `--require` names it. No two parts have the same name, which a test makes sure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The checks that need this.
    Need(Need),
    /// This check.
    Check(&'static str),
    /// The checks of this area.
    Area(Area),
    /// The checks of this level.
    Level(Level),
}

/// The levels that can be required; what a MAY comes to is for information.
const LEVELS: [Level; 2] = [Level::Must, Level::Should];

impl Part {
    /// Every part that has a name of its own, checks aside.
    fn named() -> impl Iterator<Item = Self> {
        let needs = Need::value_variants().iter().copied().map(Self::Need);
        let areas = Area::value_variants().iter().copied().map(Self::Area);
        needs.chain(areas).chain(LEVELS.into_iter().map(Self::Level))
    }

    /// The part's name.
    pub fn name(self) -> String {
        match self {
            Self::Need(need) => need.name().to_owned(),
            Self::Check(id) => id.to_owned(),
            Self::Area(area) => area.name().to_owned(),
            Self::Level(level) => level.keyword().to_lowercase(),
        }
    }

    /// What a user's word names.
    ///
    /// # Errors
    /// That it names nothing, and the nearest word.
    pub fn parse(word: &str) -> Result<Self, String> {
        let sought = word.to_lowercase();
        if let Some(part) = Self::named().find(|part| part.name() == sought) {
            return Ok(part);
        }
        if let Some(check) = checks::find(&sought) {
            return Ok(Self::Check(check.meta().id));
        }
        let names: Vec<String> = Self::named().map(Self::name).collect();
        let ids = checks::ALL.iter().map(|check| check.meta().id);
        let near = nearest(&sought, names.iter().map(String::as_str).chain(ids));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Err(format!(
            "{} is no need, area, level or check{near} (besides the checks, there are {})",
            quoted(word),
            names.join(", ")
        ))
    }

    fn covers(self, result: &CheckResult) -> bool {
        match self {
            Self::Need(need) => result.missing.contains(&need),
            Self::Check(id) => result.check == id,
            Self::Area(area) => result.area == area,
            Self::Level(level) => result.level == level,
        }
    }

    /// The checks of this part that this run said nothing of, each once.
    fn untested(self, results: &[CheckResult], policy: &Policy) -> BTreeSet<&'static str> {
        let is_untested = |r: &&CheckResult| match self {
            // What was wanted of a need was the means, whatever came of them.
            Self::Need(_) => true,
            // A waiver of a need goes for the checks of an area or level, and not for one that is named itself.
            Self::Check(_) => r.verdict.is_unclear(),
            Self::Area(_) | Self::Level(_) => r.verdict.is_unclear() && !lacks(r, &policy.allow_untested),
        };
        let of_part = results.iter().filter(|r| self.covers(r) && !r.is_flaky());
        let untested: BTreeSet<_> = of_part.filter(is_untested).map(|r| r.check).collect();
        match self {
            Self::Check(id) if !results.iter().any(|r| r.check == id) => BTreeSet::from([id]),
            _ => untested,
        }
    }

    /// Whether no check of this part was among those of the run.
    fn is_left_out(self, results: &[CheckResult]) -> bool {
        matches!(self, Self::Area(_) | Self::Level(_)) && !results.iter().any(|r| self.covers(r))
    }
}

fn lacks(result: &CheckResult, needs: &[Need]) -> bool {
    result.missing.iter().any(|need| needs.contains(need))
}

impl Verdict {
    /// Whether it leaves open what the server does, though the requirement binds it.
    fn is_unclear(self) -> bool {
        matches!(self, Self::NotTested | Self::Inconclusive | Self::Error)
    }
}

impl CheckResult {
    fn is_flaky(&self) -> bool {
        matches!(self.excuse, Some(Excuse::Flaky { .. }))
    }
}

/// Findings come before "could not test": a server that is known to be broken is broken, however little else was seen.
pub(super) fn decide(
    results: &[CheckResult],
    baseline: Option<&Judged>,
    policy: &Policy,
) -> (ExitStatus, Option<String>) {
    let because = |status, reason: String| (status, Some(reason));
    if policy.interrupted {
        return because(ExitStatus::Interrupted, "interrupted; this is the report so far".to_owned());
    }
    // Checks, and not results: a check is one thing to a reader, in however many revisions it was run.
    let count = |keep: &dyn Fn(&&CheckResult) -> bool| {
        let decisive = results.iter().filter(|r| !r.is_flaky());
        decisive.filter(keep).map(|r| r.check).collect::<BTreeSet<_>>().len()
    };
    let outdated = baseline.and_then(outdated);
    if count(&|r| r.verdict == Verdict::Fail && r.excuse.is_none()) > 0 {
        return (ExitStatus::Findings, outdated);
    }
    if let Some(outdated) = outdated {
        return because(ExitStatus::Findings, outdated);
    }
    if let Some(missed) = missed(results, policy) {
        return because(ExitStatus::Findings, missed);
    }
    if count(&|r| r.verdict.is_tested()) == 0 {
        let flaky =
            if results.iter().any(CheckResult::is_flaky) { " but checks that are known to be flaky" } else { "" };
        return because(ExitStatus::CouldNotTest, format!("nothing was tested{flaky}"));
    }
    let unclear = count(&|r| matches!(r.verdict, Verdict::Inconclusive | Verdict::Error));
    if unclear > 0 {
        return because(ExitStatus::CouldNotTest, format!("{unclear} checks are inconclusive or went wrong"));
    }
    // What rests on a declaration was not promised: whether there is such a tool only the user knows.
    let unwaived = |r: &&CheckResult| {
        r.verdict == Verdict::NotTested
            && r.level == Level::Must
            && !r.is_flaky()
            && !lacks(r, &policy.allow_untested)
            && !lacks(r, &policy.not_promised)
            && !r.missing.iter().any(|need| need.is_declared())
    };
    let waivable: BTreeSet<Need> = results.iter().filter(unwaived).flat_map(|r| r.missing.iter().copied()).collect();
    if policy.full_access && !waivable.is_empty() {
        let mut enable: Vec<&str> = Vec::new();
        for option in waivable.iter().map(|need| need.enabled_by()) {
            // One option may give several needs.
            if !enable.contains(&option) {
                enable.push(option);
            }
        }
        let waive: Vec<_> = waivable.iter().map(|need| format!("--allow-untested {}", need.name())).collect();
        let reason = format!(
            "{} MUSTs were not tested; {} would enable them, {} waives them",
            count(&unwaived),
            enable.join("; "),
            waive.join(" ")
        );
        return because(ExitStatus::CouldNotTest, reason);
    }
    (ExitStatus::Success, None)
}

/// The baseline's entries that no longer say what is so.
fn outdated(baseline: &Judged) -> Option<String> {
    let named = |standing, one: &str, several: &str| {
        let names: Vec<_> = baseline.standing(standing).map(Entry::name).collect();
        match names.len() {
            0 => None,
            1 => Some(format!("the entry for {} {one}", names[0])),
            _ => Some(format!("the entries for {} {several}", names.join(", "))),
        }
    };
    let stale = named(Standing::Stale, "is stale, since the check passes", "are stale, since the checks pass");
    let expired = named(Standing::Expired, "has expired", "have expired");
    let all: Vec<_> = [stale, expired].into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("in the baseline {}, {}", baseline.file, all.join(", and ")))
}

/// What `--require` asks for and this run does not give.
fn missed(results: &[CheckResult], policy: &Policy) -> Option<String> {
    for part in &policy.require {
        let untested = part.untested(results, policy);
        if !untested.is_empty() {
            let were = if untested.len() == 1 { "check was" } else { "checks were" };
            let names: Vec<_> = untested.iter().copied().take(NAMED_AT_MOST).collect();
            let more = untested.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            return Some(format!(
                "{} {were} not tested of what --require {} asks for: {}{more}",
                untested.len(),
                part.name(),
                names.join(", ")
            ));
        }
        if part.is_left_out(results) {
            return Some(format!("--require asks for {}, of which no check was run", part.name()));
        }
    }
    // Tools and their scopes are seen with an accepted token alone.
    let need = policy.lacking.first()?;
    let remedy = match &policy.token_refused {
        Some(how) if need.wants_a_token_first() => format!("no token was accepted: {how}"),
        _ => need.enabled_by().to_owned(),
    };
    Some(format!("--require asks for {}, which this run does not have: {remedy}", need.name()))
}

/// Most checks that the reason names; the sections of the report name all.
const NAMED_AT_MOST: usize = 5;

#[cfg(test)]
mod tests {
    use super::super::tests::result;
    use super::*;

    fn decided(results: &[CheckResult], policy: &Policy) -> ExitStatus {
        decide(results, None, policy).0
    }

    fn untested(need: Need, level: Level) -> CheckResult {
        CheckResult { missing: vec![need], ..result("a", Verdict::NotTested, level) }
    }

    #[test]
    fn findings_come_before_what_could_not_be_tested() {
        let policy = Policy::default();
        let pass = result("p", Verdict::Pass, Level::Must);
        let fail = result("f", Verdict::Fail, Level::Must);
        let unclear = result("i", Verdict::Inconclusive, Level::Must);
        assert_eq!(decided(&[pass.clone(), fail.clone(), unclear.clone()], &policy), ExitStatus::Findings);
        assert_eq!(decided(&[pass.clone(), unclear], &policy), ExitStatus::CouldNotTest);
        assert_eq!(decided(&[pass.clone(), result("w", Verdict::Warn, Level::Should)], &policy), ExitStatus::Success);
        assert_eq!(
            decided(&[pass.clone(), result("e", Verdict::Error, Level::May)], &policy),
            ExitStatus::CouldNotTest
        );
        assert_eq!(decided(&[], &policy), ExitStatus::CouldNotTest);
        assert_eq!(decided(&[pass, fail], &Policy { interrupted: true, ..policy }), ExitStatus::Interrupted);
    }

    #[test]
    fn a_must_that_was_not_tested_needs_a_waiver_where_full_access_was_promised() {
        let results = [result("p", Verdict::Pass, Level::Must), untested(Need::ScopeMap, Level::Must)];
        let promised = Policy { full_access: true, ..Policy::default() };
        assert_eq!(decided(&results, &Policy::default()), ExitStatus::Success);
        assert_eq!(decided(&results, &promised), ExitStatus::CouldNotTest);
        let waived = Policy { allow_untested: vec![Need::ScopeMap], ..promised.clone() };
        assert_eq!(decided(&results, &waived), ExitStatus::Success);
        let should = [results[0].clone(), untested(Need::ScopeMap, Level::Should)];
        assert_eq!(decided(&should, &promised), ExitStatus::Success);
        let required = Policy { require: vec![Part::Need(Need::ScopeMap)], ..Policy::default() };
        assert_eq!(decided(&should, &required), ExitStatus::Findings);
    }

    #[test]
    fn what_a_declaration_would_enable_was_not_promised() {
        let results = [result("p", Verdict::Pass, Level::Must), untested(Need::DeclaredBehaviour, Level::Must)];
        let promised = Policy { full_access: true, ..Policy::default() };
        assert_eq!(decided(&results, &promised), ExitStatus::Success);
        let required = Policy { require: vec![Part::Need(Need::DeclaredBehaviour)], ..promised };
        assert_eq!(decided(&results, &required), ExitStatus::Findings);
    }

    #[test]
    fn no_option_is_suggested_where_the_token_was_refused() {
        let lacking = Policy { lacking: vec![Need::ScopeMap], ..Policy::default() };
        let reason = |policy: &Policy| decide(&[result("p", Verdict::Pass, Level::Must)], None, policy).1.unwrap();
        assert!(reason(&lacking).contains("--tool-scope"));
        let refused = Policy { token_refused: Some("it got 401".to_owned()), ..lacking };
        assert!(reason(&refused).ends_with("no token was accepted: it got 401"), "{}", reason(&refused));
    }

    #[test]
    fn no_two_parts_have_the_same_name() {
        let mut seen = BTreeSet::new();
        let ids = checks::ALL.iter().map(|check| check.meta().id.to_owned());
        for name in Part::named().map(Part::name).chain(ids) {
            assert!(seen.insert(name.clone()), "{name} names two parts");
            assert_eq!(Part::parse(&name).map(Part::name), Ok(name));
        }
        assert_eq!(Part::parse("MUST"), Ok(Part::Level(Level::Must)));
        assert!(Part::parse("audiense").unwrap_err().contains("did you mean audience?"));
        assert!(Part::parse("audience-othr").unwrap_err().contains("did you mean audience-other?"));
    }

    #[test]
    fn a_part_that_is_required_must_have_been_tested_whole() {
        let reason = |results: &[CheckResult], part| {
            let policy = Policy { require: vec![part], allow_untested: vec![Need::Launch], ..Policy::default() };
            decide(results, None, &policy)
        };
        let pass = result("audience-other", Verdict::Pass, Level::Must);
        let unclear = result("audience-sibling", Verdict::Inconclusive, Level::Must);
        for part in [Part::Area(Area::Audience), Part::Level(Level::Must), Part::Check("audience-sibling")] {
            let (status, why) = reason(&[pass.clone(), unclear.clone()], part);
            assert_eq!(status, ExitStatus::Findings);
            assert!(why.unwrap().ends_with("asks for: audience-sibling"));
            let not_binding = result("audience-sibling", Verdict::NotApplicable, Level::Must);
            assert_eq!(reason(&[pass.clone(), not_binding], part).0, ExitStatus::Success);
        }
        let other = Part::Check("audience-other");
        assert_eq!(reason(&[pass.clone(), unclear], other).0, ExitStatus::CouldNotTest, "for being inconclusive");
        assert_eq!(reason(&[], other).0, ExitStatus::Findings, "it was not run");
        assert!(reason(std::slice::from_ref(&pass), Part::Area(Area::Keys)).1.unwrap().contains("no check was run"));

        let waived = [pass, CheckResult { check: "key-rotation", ..untested(Need::Launch, Level::Must) }];
        assert_eq!(reason(&waived, Part::Level(Level::Must)).0, ExitStatus::Success);
        assert_eq!(reason(&waived, Part::Check("key-rotation")).0, ExitStatus::Findings);
    }

    #[test]
    fn what_is_known_to_be_flaky_decides_nothing() {
        let pass = result("p", Verdict::Pass, Level::Must);
        let policy = Policy { full_access: true, require: vec![Part::Level(Level::Must)], ..Policy::default() };
        for verdict in [Verdict::Fail, Verdict::Inconclusive, Verdict::Error, Verdict::NotTested] {
            let missing = if verdict == Verdict::NotTested { vec![Need::ScopeMap] } else { Vec::new() };
            let excuse = Some(Excuse::Flaky { reason: None });
            let flaky = CheckResult { missing, excuse, ..result("f", verdict, Level::Must) };
            assert_eq!(decided(&[pass.clone(), flaky.clone()], &policy), ExitStatus::Success, "{verdict:?}");
            let alone = decide(&[flaky], None, &Policy::default());
            assert_eq!(alone.0, ExitStatus::CouldNotTest, "{verdict:?}");
        }
    }

    #[test]
    fn a_known_failure_is_no_finding_and_an_entry_that_is_out_of_date_is_one() {
        let pass = result("p", Verdict::Pass, Level::Must);
        let excuse = Some(Excuse::Known { reason: "ticket 7".to_owned() });
        let known = CheckResult { excuse, ..result("f", Verdict::Fail, Level::Must) };
        assert_eq!(decided(&[pass.clone(), known.clone()], &Policy::default()), ExitStatus::Success);
        for (standing, expected) in [
            (Standing::Holds, None),
            (Standing::Unclear, None),
            (Standing::Stale, Some("in the baseline b.toml, the entry for f is stale, since the check passes")),
            (Standing::Expired, Some("in the baseline b.toml, the entry for f has expired")),
        ] {
            let entry = Entry {
                check: "f",
                revision: None,
                reason: "ticket 7".to_owned(),
                expires: None,
                standing,
                because: None,
            };
            let judged = Judged { file: "b.toml".to_owned(), entries: vec![entry] };
            let (status, why) = decide(&[pass.clone(), known.clone()], Some(&judged), &Policy::default());
            assert_eq!((status == ExitStatus::Findings, why.as_deref()), (expected.is_some(), expected));
        }
    }
}
