//! For people: what failed comes first, with expected, actual, the fix and the command that reruns it.

use std::io::{self, Write};

use super::groups::{self, Group};
use super::{Report, Reporter, Verdict, closing};
use crate::baseline::Standing;
use crate::checks;
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
        let groups = groups::groups(&report.results);
        for verdict in [Verdict::Fail, Verdict::Error, Verdict::Warn, Verdict::Inconclusive, Verdict::Info] {
            if verdict == Verdict::Inconclusive {
                self.inconclusive(report, &groups, out)?;
                continue;
            }
            let mut shown = groups.iter().filter(|g| g.first().verdict == verdict && g.is_its_own());
            shown.try_for_each(|group| self.finding(report, group, &groups, out))?;
        }
        // Why nothing applied is all that there is to say where nothing was tested.
        let is_shown = |verdict| match verdict {
            Verdict::Pass => self.verbose,
            Verdict::NotApplicable => self.verbose || report.summary.tested == 0,
            _ => false,
        };
        for group in groups.iter().filter(|g| g.first().excuse.is_none() && is_shown(g.first().verdict)) {
            self.quiet(group, out)?;
        }
        self.excused(&groups, out)?;
        self.baseline(report, out)?;
        self.not_tested(report, out)?;
        close(report, out)
    }
}

impl Terminal {
    fn head(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let target = &report.target;
        writeln!(out, "{} {} · {}", report.tool.name, report.tool.version, self.bold(&printable(&target.url)))?;
        if !target.revisions.is_empty() {
            let names: Vec<_> = target.revisions.iter().map(|r| r.name()).collect();
            let spoken = if target.revisions_assumed { "sent in the forms of" } else { "speaks" };
            let zone =
                target.zone.as_ref().map_or("no zone under control".to_owned(), |z| format!("zone {}", printable(z)));
            writeln!(out, "{spoken} {} · token checks by {} · {zone}", names.join(" and "), printable(&target.call))?;
        }
        if !target.not_spoken.is_empty() {
            writeln!(out, "not spoken: {}", printable(&target.not_spoken.join(", ")))?;
        }
        if let Some(how) = &target.token_refused {
            writeln!(out, "\n{} {}", self.paint("no token was accepted:", RED), printable(how))?;
        }
        for note in &target.notes {
            writeln!(out, "\n{} {}", self.paint("note:", YELLOW), printable(note))?;
        }
        if let Some(headline) = &report.summary.headline {
            let title = self.paint(&format!("✗ {}", headline.title()), RED);
            writeln!(out, "\n{title}  {}", printable(&headline.text))?;
        }
        writeln!(out)
    }

    fn finding(self, report: &Report, group: &Group<'_>, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        let result = group.first();
        let (mark, colour) = mark(result.verdict);
        let name = closing::words(result.verdict).to_uppercase();
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
        let also = group.also(all);
        if !also.is_empty() {
            line(out, "also", Some(&format!("for the same cause: {}", also.join(", "))))?;
        }
        if self.verbose {
            for result in &group.results {
                exchanges(&result.exchanges, out)?;
            }
        }
        writeln!(out)
    }

    /// What one reason keeps from a verdict is shown together: forty blocks that say the same hide the one that does not.
    fn inconclusive(self, report: &Report, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        for (reason, groups) in groups::inconclusive(report, all) {
            if self.verbose || groups.len() < 3 {
                groups.iter().try_for_each(|group| self.finding(report, group, all, out))?;
                continue;
            }
            let (mark, colour) = mark(Verdict::Inconclusive);
            let ids: Vec<_> = groups.iter().map(|g| g.first().check).collect();
            writeln!(out, "{} {}", self.paint(&format!("{mark} INCONCLUSIVE"), colour), self.bold(&ids.join(", ")))?;
            line(out, "because", Some(&reason))?;
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
        if self.verbose {
            for result in &group.results {
                exchanges(&result.exchanges, out)?;
            }
        }
        Ok(())
    }

    /// What decides nothing: findings that are known, and checks that are known to be flaky.
    fn excused(self, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        let known = groups::known(all);
        if !known.is_empty() {
            writeln!(out, "{}", self.bold("known, by the baseline"))?;
        }
        for (group, reason) in &known {
            self.excuse(group, Some(reason), out)?;
        }
        let flaky = groups::flaky(all);
        if !flaky.is_empty() {
            writeln!(out, "{}", self.bold("known to be flaky, and decides nothing"))?;
        }
        flaky.iter().try_for_each(|(group, reason)| self.excuse(group, *reason, out))?;
        if known.is_empty() && flaky.is_empty() { Ok(()) } else { writeln!(out) }
    }

    fn excuse(self, group: &Group<'_>, reason: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let result = group.first();
        let (mark, colour) = mark(result.verdict);
        let mark = self.paint(&format!("{mark} {}", closing::words(result.verdict)), colour);
        writeln!(out, "  {mark} {}{}  {}", result.check, group.revisions(), result.title)?;
        line(out, "reason", reason)?;
        line(out, "actual", result.actual.as_deref())?;
        line(out, "because", result.because.as_deref())?;
        if self.verbose {
            for result in &group.results {
                exchanges(&result.exchanges, out)?;
            }
        }
        Ok(())
    }

    fn baseline(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for (entry, remark) in groups::entries(report) {
            let name = match entry.standing {
                Standing::Stale => self.paint("✗ STALE", RED),
                Standing::Expired => self.paint("✗ EXPIRED", RED),
                Standing::Unclear | Standing::Holds => self.paint("baseline", YELLOW),
            };
            writeln!(out, "{name} {}: {}", entry.name(), printable(&remark))?;
        }
        if let Some((file, entries)) = groups::to_paste(report) {
            writeln!(
                out,
                "not in the baseline {}; what is to be put up with goes there, with its reason:\n",
                printable(file)
            )?;
            for line in entries.lines() {
                writeln!(out, "    {line}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn not_tested(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for (need, ids) in groups::not_tested(report) {
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
    writeln!(out, "results by check and revision: {}", closing::counts(report))?;
    if let Some(excused) = closing::excused(report) {
        writeln!(out, "{excused}")?;
    }
    writeln!(out, "{}", closing::tested(report))?;
    if let Some(longest) = closing::longest(report) {
        writeln!(out, "longest: {longest}")?;
    }
    if let Some(exit) = closing::exit(report) {
        writeln!(out, "{exit}")?;
    }
    Ok(())
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
    use crate::mcp::Revision;
    use crate::report::CheckResult;

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
