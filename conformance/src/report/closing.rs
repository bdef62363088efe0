//! The lines with which a report for people ends. They never say that a server conforms: they say how much was tested,
//! and which areas were not.

use std::collections::BTreeMap;

use super::{Excuse, Report, Verdict};
use crate::check::Area;

/// From here on a check is worth naming for its time: most often it waited for the server to fetch keys again.
const SLOW_MS: u64 = 5_000;

/// The order in which verdicts are counted.
pub(super) const ORDER: [Verdict; 8] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Warn,
    Verdict::Info,
    Verdict::Inconclusive,
    Verdict::Error,
    Verdict::NotApplicable,
    Verdict::NotTested,
];

/// How often each verdict was given.
pub(super) fn counts(report: &Report) -> String {
    let counts = in_words(|verdict| report.summary.verdicts.get(verdict.name()).copied().unwrap_or_default());
    if counts.is_empty() { "none".to_owned() } else { counts }
}

/// How often each verdict was given in each area.
pub(super) fn by_area(report: &Report) -> BTreeMap<Area, BTreeMap<Verdict, usize>> {
    let mut by_area: BTreeMap<Area, BTreeMap<Verdict, usize>> = BTreeMap::new();
    for result in &report.results {
        *by_area.entry(result.area).or_default().entry(result.verdict).or_default() += 1;
    }
    by_area
}

/// The same in words.
pub(super) fn counts_by_area(report: &Report) -> BTreeMap<Area, String> {
    let counted = |counts: &BTreeMap<Verdict, usize>| in_words(|v| counts.get(&v).copied().unwrap_or_default());
    by_area(report).iter().map(|(area, counts)| (*area, counted(counts))).collect()
}

/// Counts of verdicts as a list, those that were not given left out.
fn in_words(count: impl Fn(Verdict) -> usize) -> String {
    let given = ORDER.iter().map(|verdict| (count(*verdict), verdict)).filter(|(count, _)| *count > 0);
    let given: Vec<_> = given.map(|(count, verdict)| format!("{count} {}", words(*verdict))).collect();
    given.join(", ")
}

/// How many of these results decide nothing, where some do not.
pub(super) fn excused(report: &Report) -> Option<String> {
    let count =
        |keep: fn(&Excuse) -> bool| report.results.iter().filter_map(|r| r.excuse.as_ref()).filter(|e| keep(e)).count();
    let known = count(|excuse| matches!(excuse, Excuse::Known { .. }));
    let flaky = count(|excuse| matches!(excuse, Excuse::Flaky { .. }));
    let said = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
    let said = [said(known, "in the baseline"), said(flaky, "of checks that are known to be flaky")];
    let said: Vec<_> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| format!("of these, {}", said.join(" and ")))
}

/// How many of how many checks were tested, and the areas of which none was.
pub(super) fn tested(report: &Report) -> String {
    let summary = &report.summary;
    let areas: Vec<_> = summary.areas_not_tested.iter().map(|a| a.name()).collect();
    let left_out = if areas.is_empty() {
        "no area left out".to_owned()
    } else {
        format!("nothing at all of {}", areas.join(", "))
    };
    let in_all = seconds(summary.duration_ms);
    format!("{} of {} checks tested in {in_all:.1} s; {left_out}", summary.tested, summary.selected)
}

/// The checks that took long, where there are any.
pub(super) fn longest(report: &Report) -> Option<String> {
    let slow = report.results.iter().filter(|r| r.duration_ms >= SLOW_MS);
    let slow: Vec<_> = slow.map(|r| format!("{} {:.1} s", r.check, seconds(r.duration_ms))).collect();
    if slow.is_empty() { None } else { Some(slow.join(", ")) }
}

/// How the process ends and why, where that is more than the verdicts say.
pub(super) fn exit(report: &Report) -> Option<String> {
    let summary = &report.summary;
    summary.exit_reason.as_ref().map(|reason| format!("exit {}: {reason}", summary.exit_status.code()))
}

/// A verdict in words.
pub(super) fn words(verdict: Verdict) -> String {
    verdict.name().replace('_', " ")
}

fn seconds(millis: u64) -> f64 {
    f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1000.0
}
