//! The lines with which a report for people ends. They never say that a server conforms: they say how much was tested,
//! and which areas were not.

use super::{Excuse, Report, Verdict};

/// From here on a check is worth naming for its time: most often it waited for the server to fetch keys again.
const SLOW_MS: u64 = 5_000;

/// How often each verdict was given.
pub(super) fn counts(report: &Report) -> String {
    let order = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Warn,
        Verdict::Info,
        Verdict::Inconclusive,
        Verdict::Error,
        Verdict::NotApplicable,
        Verdict::NotTested,
    ];
    let given = |v: &Verdict| report.summary.verdicts.get(v.name()).map(|n| format!("{n} {}", words(*v)));
    let counts: Vec<_> = order.iter().filter_map(given).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
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
