//! For people: what failed comes first, with expected, actual, the fix and the command that reruns it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{CheckResult, Report, Reporter, Verdict};
use crate::checks;
use crate::mcp::Revision;
use crate::text::printable;
use crate::transcript::Exchange;

/// How the report for people looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Whether to use colours.
    pub colour: bool,
    /// Whether to show every exchange.
    pub verbose: bool,
}

impl Reporter for Terminal {
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        self.head(report, out)?;
        let groups = groups(&report.results);
        for verdict in [Verdict::Fail, Verdict::Error, Verdict::Warn, Verdict::Inconclusive, Verdict::Info] {
            let mut shown = groups.iter().filter(|g| g.first().verdict == verdict && g.first().follows_from.is_none());
            if verdict == Verdict::Inconclusive {
                self.inconclusive(report, &shown.collect::<Vec<_>>(), &groups, out)?;
            } else {
                shown.try_for_each(|group| self.finding(report, group, &groups, out))?;
            }
        }
        if self.verbose {
            for group in groups.iter().filter(|g| matches!(g.first().verdict, Verdict::Pass | Verdict::NotApplicable)) {
                self.quiet(group, out)?;
            }
        }
        self.not_tested(report, out)?;
        close(report, out)
    }
}

/// Results of one check that say the same, in one or several revisions.
struct Group<'a> {
    results: Vec<&'a CheckResult>,
}

impl<'a> Group<'a> {
    fn first(&self) -> &'a CheckResult {
        self.results[0]
    }

    fn revisions(&self) -> String {
        let names: Vec<_> = self.results.iter().filter_map(|r| r.revision).map(Revision::name).collect();
        if names.is_empty() { String::new() } else { format!("  [{}]", names.join(", ")) }
    }
}

/// Whether a group is listed under another: its cause, and that in the same revision if both depend on it.
fn follows(group: &Group<'_>, cause: &Group<'_>) -> bool {
    let related =
        |r: &CheckResult, c: &CheckResult| r.revision == c.revision || r.revision.is_none() || c.revision.is_none();
    group.first().follows_from == Some(cause.first().check)
        && group.results.iter().any(|r| cause.results.iter().any(|c| related(r, c)))
}

fn groups(results: &[CheckResult]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for result in results {
        let same = |g: &Group<'_>| {
            let f = g.first();
            f.check == result.check
                && f.verdict == result.verdict
                && f.actual == result.actual
                && f.because == result.because
                && f.follows_from == result.follows_from
        };
        match groups.iter_mut().find(|g| same(g)) {
            Some(group) => group.results.push(result),
            None => groups.push(Group { results: vec![result] }),
        }
    }
    groups
}

impl Terminal {
    fn head(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let target = &report.target;
        writeln!(out, "{} {} · {}", report.tool.name, report.tool.version, self.bold(&printable(&target.url)))?;
        let names: Vec<_> = target.revisions.iter().map(|r| r.name()).collect();
        let spoken = if target.revisions_assumed { "sent in the forms of" } else { "speaks" };
        write!(out, "{spoken} {} · token checks by {}", names.join(" and "), printable(&target.call))?;
        match &target.zone {
            Some(zone) => writeln!(out, " · zone {}", printable(zone))?,
            None => writeln!(out, " · no zone under control")?,
        }
        if !target.not_spoken.is_empty() {
            writeln!(out, "not spoken: {}", printable(&target.not_spoken.join(", ")))?;
        }
        if let Some(how) = &target.token_refused {
            writeln!(out, "\n{} {}", self.paint("no token was accepted:", RED), printable(how))?;
        }
        writeln!(out)
    }

    fn finding(self, report: &Report, group: &Group<'_>, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        let result = group.first();
        let (mark, colour) = mark(result.verdict);
        let name = result.verdict.name().to_uppercase().replace('_', " ");
        writeln!(
            out,
            "{} {}{}",
            self.paint(&format!("{mark} {name}"), colour),
            self.bold(result.check),
            group.revisions()
        )?;
        writeln!(out, "  {}", result.title)?;
        line(out, "expected", result.expected.as_deref())?;
        line(out, "actual", result.actual.as_deref())?;
        line(out, "because", result.because.as_deref())?;
        for remark in &result.remarks {
            line(out, "remark", Some(remark))?;
        }
        writeln!(out, "    {:<9} {} · {}", "clause", result.level.keyword(), result.requirements.join(", "))?;
        if let Some(check) = checks::find(result.check) {
            if matches!(result.verdict, Verdict::Fail | Verdict::Warn | Verdict::Info) {
                line(out, "why", Some(&check.section("Why it matters").replace('\n', " ")))?;
                line(out, "fix", Some(&check.section("How to fix it").replace('\n', " ")))?;
            }
            line(out, "rerun", Some(&format!("conformance {} --check {}", report.target.rerun, result.check)))?;
        }
        let also: Vec<_> =
            all.iter().filter(|g| follows(g, group)).map(|g| format!("{}{}", g.first().check, g.revisions())).collect();
        if !also.is_empty() {
            line(out, "also", Some(&format!("fails for the same cause: {}", also.join(", "))))?;
        }
        if self.verbose {
            for result in &group.results {
                exchanges(&result.exchanges, out)?;
            }
        }
        writeln!(out)
    }

    /// What one reason keeps from a verdict is shown together: forty blocks that say the same hide the one that does not.
    fn inconclusive(
        self,
        report: &Report,
        shown: &[&Group<'_>],
        all: &[Group<'_>],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut by_reason: Vec<(&Option<String>, Vec<&Group<'_>>)> = Vec::new();
        for group in shown {
            let because = &group.first().because;
            match by_reason.iter_mut().find(|(reason, _)| *reason == because) {
                Some((_, groups)) => groups.push(group),
                None => by_reason.push((because, vec![group])),
            }
        }
        for (reason, groups) in by_reason {
            if self.verbose || groups.len() < 3 {
                groups.iter().try_for_each(|group| self.finding(report, group, all, out))?;
                continue;
            }
            let (mark, colour) = mark(Verdict::Inconclusive);
            let ids: Vec<_> = groups.iter().map(|g| g.first().check).collect();
            writeln!(out, "{} {}", self.paint(&format!("{mark} INCONCLUSIVE"), colour), self.bold(&ids.join(", ")))?;
            line(out, "because", reason.as_deref())?;
            line(out, "rerun", Some(&format!("conformance {} --check {}", report.target.rerun, ids[0])))?;
            writeln!(out)?;
        }
        Ok(())
    }

    fn quiet(self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        let result = group.first();
        let (mark, colour) = mark(result.verdict);
        writeln!(out, "{} {}{}  {}", self.paint(mark, colour), result.check, group.revisions(), result.title)?;
        line(out, "because", result.because.as_deref())?;
        for remark in &result.remarks {
            line(out, "remark", Some(remark))?;
        }
        for result in &group.results {
            exchanges(&result.exchanges, out)?;
        }
        Ok(())
    }

    fn not_tested(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let mut by_need: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for result in &report.results {
            // The first need is named; with it, the next would be.
            if let Some(need) = result.missing.first() {
                let ids = by_need.entry(*need).or_default();
                if !ids.contains(&result.check) {
                    ids.push(result.check);
                }
            }
        }
        for (need, ids) in by_need {
            writeln!(
                out,
                "{} {} for want of {}: {}",
                self.paint("not tested", YELLOW),
                ids.len(),
                need.name(),
                ids.join(", ")
            )?;
            writeln!(out, "    enable with {}", need.enabled_by())?;
        }
        Ok(())
    }

    fn bold(self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn close(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    let counts = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Warn,
        Verdict::Info,
        Verdict::Inconclusive,
        Verdict::Error,
        Verdict::NotApplicable,
        Verdict::NotTested,
    ];
    let shown = counts
        .iter()
        .filter_map(|v| summary.verdicts.get(v.name()).map(|n| format!("{n} {}", v.name().replace('_', " "))));
    let seconds_in_all = seconds(summary.duration_ms);
    writeln!(out, "results by check and revision: {}", shown.collect::<Vec<_>>().join(", "))?;
    write!(out, "{} of {} checks tested in {seconds_in_all:.1} s", summary.tested, summary.selected)?;
    if summary.areas_not_tested.is_empty() {
        writeln!(out, "; no area left out")?;
    } else {
        let areas: Vec<_> = summary.areas_not_tested.iter().map(|a| a.name()).collect();
        writeln!(out, "; nothing at all of {}", areas.join(", "))?;
    }
    let slow = report.results.iter().filter(|r| r.duration_ms >= SLOW_MS);
    let slow: Vec<_> = slow.map(|r| format!("{} {:.1} s", r.check, seconds(r.duration_ms))).collect();
    if !slow.is_empty() {
        writeln!(out, "longest: {}", slow.join(", "))?;
    }
    if let Some(reason) = &summary.exit_reason {
        writeln!(out, "exit {}: {}", summary.exit_status.code(), reason)?;
    }
    Ok(())
}

/// From here on a check is worth naming for its time: most often it waited for the server to fetch keys again.
const SLOW_MS: u64 = 5_000;

fn seconds(millis: u64) -> f64 {
    f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1000.0
}

const RED: &str = "1;31";
const YELLOW: &str = "33";

fn mark(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Fail => ("✗", RED),
        Verdict::Error => ("‼", RED),
        Verdict::Warn => ("!", YELLOW),
        Verdict::Inconclusive => ("?", YELLOW),
        Verdict::Info => ("i", "36"),
        Verdict::Pass => ("✓", "32"),
        Verdict::NotTested | Verdict::NotApplicable => ("-", "2"),
    }
}

fn line(out: &mut dyn Write, name: &str, text: Option<&str>) -> io::Result<()> {
    match text {
        Some(text) => writeln!(out, "    {name:<9} {}", printable(text)),
        None => Ok(()),
    }
}

fn exchanges(exchanges: &[std::sync::Arc<Exchange>], out: &mut dyn Write) -> io::Result<()> {
    for exchange in exchanges {
        writeln!(out, "    ── {} ({} ms)", printable(&exchange.purpose), exchange.duration_ms)?;
        writeln!(out, "    > {}", printable(&exchange.request))?;
        for header in &exchange.request_headers {
            writeln!(out, "    > {}", printable(header))?;
        }
        if !exchange.request_body.is_empty() {
            writeln!(out, "    > {}", printable(&exchange.request_body))?;
        }
        match (&exchange.status, &exchange.error) {
            (Some(status), _) => writeln!(out, "    < {status}")?,
            (None, Some(error)) => writeln!(out, "    < {}", printable(error))?,
            (None, None) => {}
        }
        for header in &exchange.response_headers {
            writeln!(out, "    < {}", printable(header))?;
        }
        if !exchange.response_body.is_empty() {
            writeln!(out, "    < {}", printable(&exchange.response_body))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{report, result};
    use super::*;
    use crate::check::Level;

    fn failed(check: &'static str, revision: Option<Revision>, actual: &str) -> CheckResult {
        CheckResult { revision, actual: Some(actual.to_owned()), ..result(check, Verdict::Fail, Level::Must) }
    }

    /// A chain of consequences over revisions, as a server makes it that decodes tokens without verifying them.
    #[test]
    fn every_finding_is_on_the_screen_once_at_least() {
        use Revision::{V2025_11_25, V2026_07_28};
        let results = vec![
            failed("unsigned-token", Some(V2025_11_25), "served"),
            failed("unsigned-token", Some(V2026_07_28), "served"),
            failed("tampered-claims", Some(V2025_11_25), "served"),
            failed("tampered-claims", Some(V2026_07_28), "served"),
            failed("foreign-signature", Some(V2026_07_28), "served in one revision"),
            failed("jwks-outage", None, "served"),
        ];
        let mut screen = Vec::new();
        Terminal::default().write(&report(results), &mut screen).unwrap();
        let screen = String::from_utf8(screen).unwrap();
        for check in ["unsigned-token", "tampered-claims", "foreign-signature", "jwks-outage"] {
            assert!(screen.contains(check), "{check} in {screen}");
        }
        assert_eq!(screen.matches("FAIL").count(), 1, "{screen}");
    }
}
