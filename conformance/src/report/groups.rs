//! What results have in common, for the formats that people read: the same outcome in several revisions, one cause, one
//! missing need.

use std::collections::BTreeMap;

use super::{CheckResult, Excuse, Report, Verdict};
use crate::baseline::{Standing, entries_for};
use crate::check::{Area, Need};
use crate::mcp::Revision;
use crate::survey::NO_TOKEN_ACCEPTED;

/// Results of one check that say the same, in one or several revisions.
pub(super) struct Group<'a> {
    pub(super) results: Vec<&'a CheckResult>,
}

impl<'a> Group<'a> {
    pub(super) fn first(&self) -> &'a CheckResult {
        self.results[0]
    }

    /// The revisions, in brackets and after a space; empty where the check does not depend on one.
    pub(super) fn revisions(&self) -> String {
        let names: Vec<_> = self.results.iter().filter_map(|r| r.revision).map(Revision::name).collect();
        if names.is_empty() { String::new() } else { format!(" [{}]", names.join(", ")) }
    }

    /// Whether it stands among the findings: it decides, and follows from no other.
    pub(super) fn is_its_own(&self) -> bool {
        self.first().follows_from.is_none() && self.first().excuse.is_none()
    }

    /// What is listed under this group, each with its revisions where they are others.
    pub(super) fn also(&self, all: &[Group<'_>]) -> Vec<String> {
        let own = self.revisions();
        let name = |g: &Group<'_>| {
            let revisions = Some(g.revisions()).filter(|revisions| *revisions != own).unwrap_or_default();
            let unclear = if g.first().verdict == Verdict::Inconclusive { " (inconclusive)" } else { "" };
            format!("{}{revisions}{unclear}", g.first().check)
        };
        all.iter().filter(|g| g.first().excuse.is_none() && follows(g, self)).map(name).collect()
    }
}

/// Whether a group is listed under another: its cause, and that in the same revision if both depend on it.
fn follows(group: &Group<'_>, cause: &Group<'_>) -> bool {
    let related =
        |r: &CheckResult, c: &CheckResult| r.revision == c.revision || r.revision.is_none() || c.revision.is_none();
    group.first().follows_from == Some(cause.first().check)
        && group.results.iter().any(|r| cause.results.iter().any(|c| related(r, c)))
}

/// The results in groups, in their own order.
pub(super) fn groups(results: &[CheckResult]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for result in results {
        let same = |g: &Group<'_>| {
            let f = g.first();
            f.check == result.check
                && f.verdict == result.verdict
                && f.actual == result.actual
                && f.because == result.because
                && f.follows_from == result.follows_from
                && f.excuse == result.excuse
        };
        match groups.iter_mut().find(|g| same(g)) {
            Some(group) => group.results.push(result),
            None => groups.push(Group { results: vec![result] }),
        }
    }
    groups
}

/// How a finding is mended in the framework that was recognised: `in fastmcp: …`.
pub(super) fn framework_fix(report: &Report, result: &CheckResult) -> Option<String> {
    let recognised = report.target.framework.as_ref()?;
    Some(format!("in {}: {}", recognised.framework.package(), result.framework_fix?))
}

/// The groups that the baseline knows, each with its reason.
pub(super) fn known<'g, 'a>(all: &'g [Group<'a>]) -> Vec<(&'g Group<'a>, &'a str)> {
    let reason = |g: &Group<'a>| match &g.first().excuse {
        Some(Excuse::Known { reason }) => Some(reason.as_str()),
        _ => None,
    };
    all.iter().filter_map(|g| Some((g, reason(g)?))).collect()
}

/// The groups of checks that are known to be flaky, each with the reason if one was given.
pub(super) fn flaky<'g, 'a>(all: &'g [Group<'a>]) -> Vec<(&'g Group<'a>, Option<&'a str>)> {
    let reason = |g: &Group<'a>| match &g.first().excuse {
        Some(Excuse::Flaky { reason }) => Some(reason.as_deref()),
        _ => None,
    };
    all.iter().filter_map(|g| Some((g, reason(g)?))).collect()
}

/// The entries of the baseline that are not simply so: those of which the same is to be said together, by name.
pub(super) fn entries(report: &Report) -> Vec<(Standing, String, String)> {
    let mut told: Vec<(Standing, String, String)> = Vec::new();
    let Some(baseline) = &report.baseline else { return told };
    for entry in baseline.entries.iter().filter(|entry| entry.standing != Standing::Holds) {
        let remark = entry.remark(&baseline.file);
        match told.iter_mut().find(|(standing, _, said)| *standing == entry.standing && *said == remark) {
            Some((_, names, _)) => names.push_str(&format!(", {}", entry.name())),
            None => told.push((entry.standing, entry.name(), remark)),
        }
    }
    told
}

/// The entries to paste into the baseline for what it does not know, if one was given and there is any such finding.
pub(super) fn to_paste(report: &Report) -> Option<(&str, String)> {
    let baseline = report.baseline.as_ref()?;
    let text = entries_for(&report.results, &baseline.entries);
    (!text.is_empty()).then_some((baseline.file.as_str(), text))
}

/// The checks that were not tested, each with its area, by what they lack.
pub(super) fn not_tested(report: &Report) -> BTreeMap<Need, Vec<(&'static str, Area)>> {
    let mut by_need: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for result in &report.results {
        // The first need is named; with it, the next would be.
        if let Some(need) = result.missing.first() {
            let checks = by_need.entry(*need).or_default();
            if !checks.contains(&(result.check, result.area)) {
                checks.push((result.check, result.area));
            }
        }
    }
    by_need
}

/// Checks by their areas.
pub(super) fn by_area(checks: &[(&'static str, Area)]) -> BTreeMap<Area, Vec<&'static str>> {
    let mut by_area: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, area) in checks {
        by_area.entry(*area).or_default().push(*id);
    }
    by_area
}

/// Why checks lack this, where they say so themselves: which declaration there is none of.
pub(super) fn undeclared(report: &Report, need: Need) -> BTreeMap<&str, Vec<&'static str>> {
    let mut by_reason: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for result in report.results.iter().filter(|r| r.missing.first() == Some(&need)) {
        if let Some(because) = &result.because {
            let ids = by_reason.entry(because).or_default();
            if !ids.contains(&result.check) {
                ids.push(result.check);
            }
        }
    }
    by_reason
}

/// What could not be told, by its reason: forty lines that say the same hide the one that does not.
pub(super) fn inconclusive<'g, 'a>(report: &Report, all: &'g [Group<'a>]) -> Vec<(String, Vec<&'g Group<'a>>)> {
    let mut by_reason: Vec<(String, Vec<&Group<'a>>)> = Vec::new();
    let shown = all.iter().filter(|g| g.first().verdict == Verdict::Inconclusive && g.is_its_own());
    for group in shown {
        let because = group.first().because.clone().unwrap_or_default();
        // How it was refused stands at the head of the report.
        let is_known = report.target.token_refused.is_some() && because.starts_with(NO_TOKEN_ACCEPTED);
        let because = if is_known { NO_TOKEN_ACCEPTED.to_owned() } else { because };
        match by_reason.iter_mut().find(|(reason, _)| *reason == because) {
            Some((_, groups)) => groups.push(group),
            None => by_reason.push((because, vec![group])),
        }
    }
    by_reason
}
