//! The baseline: findings that are known and put up with, each with its reason and, mostly, the day until when.
//!
//! It keeps a run green that finds nothing new, and fails one whose entries no longer say what is so: an entry whose check
//! passes hides the next regression, and one that has expired was to be mended by then.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::check::AnyCheck;
use crate::checks;
use crate::mcp::Revision;
use crate::report::{CheckResult, Excuse, Verdict};
use crate::text::{nearest, quoted};

/// A baseline file, as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file's name, as the user gave it.
    pub file: String,
    /// Its entries, in their order.
    pub known: Vec<Known>,
}

/// A check's id. By another name, since serde takes a plain `&str` for a part of the text that is read.
pub type Id = &'static str;

/// One entry: a check that is known to fail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The check's id.
    #[serde(deserialize_with = "check")]
    pub check: Id,
    /// The revision in which it fails; none: in each.
    #[serde(default, deserialize_with = "revision")]
    pub revision: Option<Revision>,
    /// Why that is put up with.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
    /// The last day on which it is, in UTC.
    #[serde(default, deserialize_with = "date")]
    pub expires: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Known>,
}

impl Baseline {
    /// Reads the text of a baseline.
    ///
    /// # Errors
    /// What TOML or the entries' rules object to, with its line.
    pub fn parse(file: &str, text: &str) -> Result<Self, toml::de::Error> {
        let File { known } = toml::from_str(text)?;
        Ok(Self { file: file.to_owned(), known })
    }

    /// Entries of which one says all that the other does, or that can never apply.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        for (at, entry) in self.known.iter().enumerate() {
            if let Some(revision) = entry.revision
                && !entry.runs_in(revision)
            {
                return Err(format!("{} is not run in {revision}; leave `revision` out of its entry", entry.check));
            }
            let twice = |other: &&Known| {
                other.check == entry.check
                    && (other.revision == entry.revision || other.revision.is_none() || entry.revision.is_none())
            };
            if self.known[..at].iter().any(|other| twice(&other)) {
                return Err(format!("two entries are about {} in the same revision; keep one", entry.check));
            }
        }
        Ok(())
    }

    /// Excuses the findings that are known, and says of each entry where it stands.
    pub(crate) fn judge(&self, results: &mut [CheckResult], run: Ran) -> Judged {
        let entries = self.known.iter().map(|known| {
            let expired = known.expires.is_some_and(|day| run.today > day);
            let mut of_entry: Vec<_> = results.iter_mut().filter(|r| known.covers(r)).collect();
            let (standing, because) = known.standing(&of_entry, run);
            let standing = if expired { Standing::Expired } else { standing };
            if !expired {
                for result in of_entry.iter_mut().filter(|r| r.verdict.is_broken()) {
                    result.excuse = Some(Excuse::Known { reason: known.reason.clone() });
                }
            }
            Entry {
                check: known.check,
                revision: known.revision,
                reason: known.reason.clone(),
                expires: known.expires.map(|day| day.to_string()),
                standing,
                because,
            }
        });
        Judged { file: self.file.clone(), entries: entries.collect() }
    }
}

/// What there is to know of a run, to judge a baseline by it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ran {
    /// The day, in UTC.
    pub(crate) today: Date,
    /// Whether the user chose among the revisions, so that some were left out.
    pub(crate) chosen_revisions: bool,
}

impl Known {
    fn covers(&self, result: &CheckResult) -> bool {
        self.check == result.check && (self.revision.is_none() || self.revision == result.revision)
    }

    fn runs_in(&self, revision: Revision) -> bool {
        checks::find(self.check).is_some_and(|check| runs_in(check, revision))
    }

    /// Where the entry stands by its results, and what more is to be said of that.
    fn standing(&self, results: &[&mut CheckResult], run: Ran) -> (Standing, Option<String>) {
        let verdicts: BTreeSet<Verdict> = results.iter().map(|r| r.verdict).collect();
        if verdicts.iter().any(|verdict| verdict.is_broken()) {
            return (Standing::Holds, None);
        }
        let unclear = |why: &str| (Standing::Unclear, Some(why.to_owned()));
        let other = verdicts.iter().find(|v| !matches!(v, Verdict::Pass | Verdict::NotApplicable));
        match other {
            None if verdicts.is_empty() => unclear("it was not run"),
            None if !verdicts.contains(&Verdict::Pass) => unclear("it does not apply to the server now"),
            // It may fail still in the revisions that were left out.
            None if run.chosen_revisions && self.revision.is_none() && results.iter().any(|r| r.revision.is_some()) => {
                unclear("it passes in what was run, and not every revision was")
            }
            None => (Standing::Stale, None),
            Some(Verdict::Inconclusive) => unclear("it was inconclusive"),
            Some(Verdict::NotTested) => unclear("it was not tested"),
            Some(_) => unclear("the check went wrong"),
        }
    }
}

fn runs_in(check: &dyn AnyCheck, revision: Revision) -> bool {
    use crate::check::Revisions;
    match check.meta().revisions {
        Revisions::Once => false,
        Revisions::Each => true,
        Revisions::Initialize => revision.initializes(),
        Revisions::Stateless => !revision.initializes(),
    }
}

/// A baseline held against a run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Judged {
    /// The file's name, as the user gave it.
    pub file: String,
    /// Its entries, in their order.
    pub entries: Vec<Entry>,
}

/// One entry, and where it stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Entry {
    /// The check's id.
    pub check: &'static str,
    /// The revision; none: each.
    pub revision: Option<Revision>,
    /// Why the finding is put up with.
    pub reason: String,
    /// The last day on which it is, in UTC.
    pub expires: Option<String>,
    /// Where the entry stands.
    pub standing: Standing,
    /// What more is to be said of that.
    pub because: Option<String>,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The check is broken, as the entry says.
    Holds,
    /// The check passes: the entry fails the run, and is to be taken out.
    Stale,
    /// Its day is over: the entry fails the run, and excuses nothing.
    Expired,
    /// This run did not tell: the entry is neither.
    Unclear,
}

impl Judged {
    /// The entries with this standing.
    pub fn standing(&self, standing: Standing) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.standing == standing)
    }
}

impl Entry {
    /// The check, and the revision if the entry names one.
    pub fn name(&self) -> String {
        match self.revision {
            Some(revision) => format!("{} [{revision}]", self.check),
            None => self.check.to_owned(),
        }
    }

    /// What is to be done about it, where something is.
    pub fn remark(&self, file: &str) -> String {
        let day = self.expires.as_deref().unwrap_or_default();
        match self.standing {
            Standing::Holds => "it is broken, as its entry says".to_owned(),
            Standing::Stale => format!("it passes now: take its entry out of {file}"),
            Standing::Expired => {
                format!("its entry in {file} was good until {day}: mend it, or give it a new day and reason")
            }
            Standing::Unclear => {
                format!("{}, so its entry is neither confirmed nor stale", self.because.as_deref().unwrap_or_default())
            }
        }
    }
}

/// The entries, as TOML, for findings that no entry covers; the reasons are left to whoever takes them in.
///
/// A finding in every revision in which its check was run needs one entry without a revision.
pub fn entries_for(results: &[CheckResult], listed: &[Entry]) -> String {
    // One that has expired is told of by itself, and two entries of one check are refused.
    let is_listed = |r: &CheckResult| {
        listed.iter().any(|e| e.check == r.check && (e.revision.is_none() || e.revision == r.revision))
    };
    let unexpected = |r: &&CheckResult| r.verdict == Verdict::Fail && r.excuse.is_none() && !is_listed(r);
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    for result in results.iter().filter(unexpected).filter(|r| seen.insert(r.check)) {
        let of_check = || results.iter().filter(|r| r.check == result.check);
        let entry = |revision: Option<Revision>| {
            let revision = revision.map(|r| format!("revision = \"{r}\"\n")).unwrap_or_default();
            format!("[[known]]\ncheck = \"{}\"\n{revision}reason = \"\"\n", result.check)
        };
        if !text.is_empty() {
            text.push('\n');
        }
        if of_check().all(|r| unexpected(&r)) {
            text.push_str(&entry(None));
        } else {
            let each: Vec<_> = of_check().filter(unexpected).map(|r| entry(r.revision)).collect();
            text.push_str(&each.join("\n"));
        }
    }
    text
}

fn check<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    let id = String::deserialize(from)?;
    checks::find(&id).map(|check| check.meta().id).ok_or_else(|| serde::de::Error::custom(checks::unknown(&id)))
}

fn revision<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Revision>, D::Error> {
    let text = String::deserialize(from)?;
    let known = Revision::ALL.into_iter().find(|revision| revision.name() == text);
    known.map(Some).ok_or_else(|| {
        let names = Revision::ALL.map(Revision::name);
        let near = nearest(&text, names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        serde::de::Error::custom(format!(
            "the suite speaks no revision {}, but {}{near}",
            quoted(&text),
            names.join(" and ")
        ))
    })
}

fn reason<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Err(serde::de::Error::custom("a reason is wanted: why is this put up with?"));
    }
    Ok(text)
}

fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let wanted = || serde::de::Error::custom("expected a day, as in expires = 2026-12-31");
    let given = toml::value::Datetime::deserialize(from).map_err(|_| wanted())?;
    let Some(day) = given.date.filter(|_| given.time.is_none()) else { return Err(wanted()) };
    day.to_string().parse().map(Some).map_err(|_| wanted())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Level;
    use crate::report::tests::result;

    fn parsed(text: &str) -> Baseline {
        Baseline::parse("baseline.toml", text).expect("a baseline")
    }

    fn refused(text: &str) -> String {
        match Baseline::parse("baseline.toml", text) {
            Err(error) => error.to_string(),
            Ok(baseline) => baseline.check().expect_err("it is refused"),
        }
    }

    fn ran() -> Ran {
        Ran { today: "2026-10-01".parse().expect("a day"), chosen_revisions: false }
    }

    fn of(check: &'static str, revision: Revision, verdict: Verdict) -> CheckResult {
        CheckResult { revision: Some(revision), ..result(check, verdict, Level::Must) }
    }

    fn judged(text: &str, results: &mut [CheckResult], run: Ran) -> Vec<Standing> {
        parsed(text).judge(results, run).entries.iter().map(|entry| entry.standing).collect()
    }

    const ENTRY: &str = "[[known]]\ncheck = 'audience-other'\nreason = 'ticket 7'\n";
    const OLD: Revision = Revision::V2025_11_25;
    const NEW: Revision = Revision::V2026_07_28;

    #[test]
    fn what_an_entry_may_not_say_is_refused_with_its_line_and_the_nearest_word() {
        for (text, expected) in [
            ("[[known]]\ncheck = 'audience-othr'\nreason = 'x'", "did you mean audience-other?"),
            ("[[known]]\ncheck = 'audience-other'\nreason = ' '", "line 3"),
            ("[[known]]\ncheck = 'audience-other'", "missing field `reason`"),
            ("[[known]]\ncheck = 'audience-other'\nreson = 'x'", "line 3"),
            ("[[known]]\ncheck = 'audience-other'\nreason = 'x'\nexpires = 'soon'", "expires = 2026-12-31"),
            (
                "[[known]]\ncheck = 'audience-other'\nreason = 'x'\nexpires = 2026-12-31T10:00:00Z",
                "expires = 2026-12-31",
            ),
            ("[[known]]\ncheck = 'audience-other'\nreason = 'x'\nrevision = '2025-11-26'", "did you mean 2025-11-25?"),
            ("[[known]]\ncheck = 'metadata-cache'\nreason = 'x'\nrevision = '2025-11-25'", "is not run in 2025-11-25"),
        ] {
            let message = refused(text);
            assert!(message.contains(expected), "{text}: {message}");
        }
        let twice = format!("{ENTRY}{ENTRY}revision = '2025-11-25'\n");
        assert!(refused(&twice).contains("keep one"), "{}", refused(&twice));
        assert_eq!(parsed("").known, []);
    }

    #[test]
    fn a_known_finding_is_excused_and_another_is_not() {
        let mut results = [
            of("audience-other", OLD, Verdict::Fail),
            of("audience-other", NEW, Verdict::Pass),
            of("audience-sibling", NEW, Verdict::Fail),
        ];
        assert_eq!(judged(ENTRY, &mut results, ran()), [Standing::Holds]);
        assert_eq!(results.map(|r| r.excuse.is_some()), [true, false, false]);
    }

    #[test]
    fn an_entry_is_stale_only_where_its_check_passed_in_every_revision() {
        let of_both = |old, new| [of("audience-other", OLD, old), of("audience-other", NEW, new)];
        let mut passed = of_both(Verdict::Pass, Verdict::Pass);
        assert_eq!(judged(ENTRY, &mut passed, ran()), [Standing::Stale]);
        assert_eq!(judged(ENTRY, &mut passed, Ran { chosen_revisions: true, ..ran() }), [Standing::Unclear]);
        let mut partly = of_both(Verdict::Pass, Verdict::NotApplicable);
        assert_eq!(judged(ENTRY, &mut partly, ran()), [Standing::Stale]);
        let one = format!("{ENTRY}revision = '2025-11-25'\n");
        let mut other_fails = of_both(Verdict::Pass, Verdict::Fail);
        assert_eq!(judged(&one, &mut other_fails, ran()), [Standing::Stale]);
        assert!(other_fails[1].excuse.is_none());
        for verdict in [Verdict::Inconclusive, Verdict::NotTested, Verdict::Error] {
            assert_eq!(judged(ENTRY, &mut of_both(Verdict::Pass, verdict), ran()), [Standing::Unclear], "{verdict:?}");
        }
        assert_eq!(
            judged(ENTRY, &mut of_both(Verdict::NotApplicable, Verdict::NotApplicable), ran()),
            [Standing::Unclear]
        );
        assert_eq!(judged(ENTRY, &mut [], ran()), [Standing::Unclear]);
    }

    #[test]
    fn an_entry_is_good_to_the_end_of_its_day_and_excuses_nothing_after_it() {
        let until = |day: &str| format!("{ENTRY}expires = {day}\n");
        let mut results = [of("audience-other", NEW, Verdict::Fail)];
        assert_eq!(judged(&until("2026-09-30"), &mut results, ran()), [Standing::Expired]);
        assert!(results[0].excuse.is_none());
        assert_eq!(judged(&until("2026-10-01"), &mut results, ran()), [Standing::Holds]);
        assert!(results[0].excuse.is_some());
    }

    #[test]
    fn what_is_offered_for_pasting_is_a_baseline_once_it_has_reasons() {
        let results = [
            of("audience-other", OLD, Verdict::Fail),
            of("audience-other", NEW, Verdict::Fail),
            of("audience-sibling", OLD, Verdict::Fail),
            of("audience-sibling", NEW, Verdict::Pass),
            of("unsigned-token", NEW, Verdict::Pass),
        ];
        let text = entries_for(&results, &[]);
        assert!(refused(&text).contains("a reason is wanted"), "{text}");
        let known = parsed(&text.replace("\"\"", "\"ticket 7\"")).known;
        let said: Vec<_> = known.iter().map(|entry| (entry.check, entry.revision)).collect();
        assert_eq!(said, [("audience-other", None), ("audience-sibling", Some(OLD))]);
    }
}
