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
    /// How much of it is shown.
    pub volume: Volume,
    /// Columns of the screen, where it is one. Elsewhere no line is broken: who reads a log searches it.
    pub width: Option<usize>,
}

/// How much of the report for people is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Volume {
    /// The findings, and how much was tested.
    Quiet,
    /// What to know of the run besides.
    #[default]
    Usual,
    /// Every exchange, and what passed.
    Verbose,
}

/// On narrower screens lines run over the edge.
const NARROWEST: usize = 40;

/// Where a line's text begins behind its name.
const TEXT: usize = 14;

impl Reporter for Terminal {
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        self.head(report, out)?;
        let verbose = self.volume == Volume::Verbose;
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
            Verdict::Pass => verbose,
            Verdict::NotApplicable => verbose || report.summary.tested == 0,
            _ => false,
        };
        for group in groups.iter().filter(|g| g.first().excuse.is_none() && is_shown(g.first().verdict)) {
            self.brief(group, out)?;
        }
        self.excused(&groups, out)?;
        self.baseline(report, out)?;
        if self.volume != Volume::Quiet {
            self.not_tested(report, out)?;
        }
        self.close(report, out)
    }
}

impl Terminal {
    fn head(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let target = &report.target;
        if self.volume != Volume::Quiet {
            writeln!(out, "{} {} · {}", report.tool.name, report.tool.version, self.bold(&printable(&target.url)))?;
            if !target.revisions.is_empty() {
                let names: Vec<_> = target.revisions.iter().map(|r| r.name()).collect();
                let spoken = if target.revisions_assumed { "sent in the forms of" } else { "speaks" };
                let zone = target.zone.as_ref().map_or("no zone under control".to_owned(), |z| format!("zone {z}"));
                let line = format!("{spoken} {} · token checks by {} · {zone}", names.join(" and "), target.call);
                writeln!(out, "{}", self.flowed(&line, 0, 0))?;
            }
            if !target.not_spoken.is_empty() {
                let line = format!("not spoken: {}", target.not_spoken.join(", "));
                writeln!(out, "{}", self.flowed(&line, 0, 0))?;
            }
            if let Some(recognised) = &target.framework {
                writeln!(out, "{}", self.flowed(&recognised.sentence(), 0, 0))?;
            }
        }
        let mut said = Vec::new();
        said.extend(target.token_refused.iter().map(|how| ("no token was accepted:".to_owned(), RED, how)));
        said.extend(target.notes.iter().map(|note| ("note:".to_owned(), YELLOW, note)));
        said.extend(report.summary.headline.iter().map(|h| (format!("✗ {} ", h.title()), RED, &h.text)));
        for (name, colour, text) in &said {
            let text = self.flowed(text, name.chars().count() + 1, 2);
            let between = if self.volume == Volume::Quiet { "" } else { "\n" };
            writeln!(out, "{between}{} {text}", self.paint(name, colour))?;
        }
        if self.volume == Volume::Quiet && said.is_empty() { Ok(()) } else { writeln!(out) }
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
        writeln!(out, "  {}", self.flowed(result.title, 2, 2))?;
        self.line(out, "expected", result.expected.as_deref())?;
        self.line(out, "actual", result.actual.as_deref())?;
        self.line(out, "because", result.because.as_deref())?;
        self.line(out, "try", result.remedy.as_deref())?;
        for remark in &result.remarks {
            self.line(out, "remark", Some(remark))?;
        }
        let clause = format!("{} · {}", result.level.keyword(), result.requirements.join(", "));
        self.line(out, "clause", Some(&clause))?;
        if let Some(check) = checks::find(result.check) {
            if matches!(result.verdict, Verdict::Fail | Verdict::Warn | Verdict::Info) {
                self.line(out, "why", Some(&check.section("Why it matters").replace('\n', " ")))?;
                self.line(out, "fix", Some(&check.section("How to fix it").replace('\n', " ")))?;
                self.line(out, "fix", groups::framework_fix(report, result).as_deref())?;
            }
            rerun(report, result.check, out)?;
        }
        let also = group.also(all);
        if !also.is_empty() {
            self.line(out, "also", Some(&format!("for the same cause: {}", also.join(", "))))?;
        }
        if self.volume == Volume::Verbose {
            for result in &group.results {
                exchanges(&result.exchanges, out)?;
            }
        }
        writeln!(out)
    }

    /// What one reason keeps from a verdict is shown together: forty blocks that say the same hide the one that does not.
    fn inconclusive(self, report: &Report, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        for (reason, groups) in groups::inconclusive(report, all) {
            if self.volume == Volume::Verbose || groups.len() < 3 {
                groups.iter().try_for_each(|group| self.finding(report, group, all, out))?;
                continue;
            }
            let (mark, colour) = mark(Verdict::Inconclusive);
            let ids: Vec<_> = groups.iter().map(|g| g.first().check).collect();
            let title = format!("{mark} INCONCLUSIVE");
            let ids_shown = self.flowed(&ids.join(", "), title.chars().count() + 1, 2);
            writeln!(out, "{} {}", self.paint(&title, colour), self.bold(&ids_shown))?;
            self.line(out, "because", Some(&reason))?;
            self.line(out, "try", groups[0].first().remedy.as_deref())?;
            rerun(report, ids[0], out)?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// What is no finding, in a few lines.
    fn brief(self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        let result = group.first();
        let (mark, colour) = mark(result.verdict);
        writeln!(out, "{} {}{}  {}", self.paint(mark, colour), result.check, group.revisions(), result.title)?;
        self.line(out, "because", result.because.as_deref())?;
        for remark in &result.remarks {
            self.line(out, "remark", Some(remark))?;
        }
        if self.volume == Volume::Verbose {
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
        self.line(out, "reason", reason)?;
        self.line(out, "actual", result.actual.as_deref())?;
        self.line(out, "because", result.because.as_deref())?;
        if self.volume == Volume::Verbose {
            for result in &group.results {
                exchanges(&result.exchanges, out)?;
            }
        }
        Ok(())
    }

    fn baseline(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for (standing, names, remark) in groups::entries(report) {
            let name = match standing {
                Standing::Stale => self.paint("✗ STALE", RED),
                Standing::Expired => self.paint("✗ EXPIRED", RED),
                Standing::Unclear | Standing::Holds => self.paint("baseline", YELLOW),
            };
            writeln!(out, "{name} {names}: {}", printable(&remark))?;
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

    /// How many checks of which area a need kept from being tested. Their ids are for who asks for everything: hundreds of
    /// them hide what would enable them.
    fn not_tested(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        for (need, checks) in groups::not_tested(report) {
            let by_area: Vec<_> =
                groups::by_area(&checks).iter().map(|(area, ids)| format!("{} {}", area.name(), ids.len())).collect();
            let name = "not tested";
            let text = format!("{} for want of {}: {}", checks.len(), need.name(), by_area.join(", "));
            writeln!(out, "{} {}", self.paint(name, YELLOW), self.flowed(&text, name.len() + 1, 4))?;
            if self.volume == Volume::Verbose {
                let ids: Vec<_> = checks.iter().map(|(id, _)| *id).collect();
                self.line(out, "checks", Some(&ids.join(", ")))?;
            }
            let undeclared = groups::undeclared(report, need);
            let is_verbose = self.volume == Volume::Verbose;
            let more = if undeclared.is_empty() || is_verbose { "" } else { "; --verbose tells what each would be" };
            let enable = format!("enable with {}{more}", need.enabled_by());
            writeln!(out, "    {}", self.flowed(&enable, 4, 4))?;
            for (why, ids) in undeclared.iter().filter(|_| is_verbose) {
                self.line(out, "because", Some(&format!("{why}: {}", ids.join(", "))))?;
            }
        }
        Ok(())
    }

    fn close(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if self.volume != Volume::Quiet {
            let counts = closing::counts(report);
            writeln!(out, "{}", self.flowed(&format!("results by check and revision: {counts}"), 0, 2))?;
            let by_area = closing::counts_by_area(report);
            for (area, counts) in by_area.iter().filter(|_| by_area.len() > 1) {
                writeln!(out, "  {:<17} {}", area.name(), self.flowed(counts, AREA_COUNTS, AREA_COUNTS))?;
            }
        }
        if let Some(excused) = closing::excused(report) {
            writeln!(out, "{}", self.flowed(&excused, 0, 2))?;
        }
        writeln!(out, "{}", self.flowed(&closing::tested(report), 0, 2))?;
        if let Some(longest) = closing::longest(report).filter(|_| self.volume != Volume::Quiet) {
            writeln!(out, "{}", self.flowed(&format!("longest: {longest}"), 0, 2))?;
        }
        if let Some(exit) = closing::exit(report) {
            writeln!(out, "{}", self.flowed(&exit, 0, 2))?;
        }
        Ok(())
    }

    fn line(self, out: &mut dyn Write, name: &str, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => writeln!(out, "    {name:<9} {}", self.flowed(text, TEXT, TEXT)),
            None => Ok(()),
        }
    }

    /// Text made printable and, on a screen, broken between words: the first line leaves room for so many columns, and the
    /// others begin behind so many.
    fn flowed(self, text: &str, first: usize, others: usize) -> String {
        let text = printable(text);
        let Some(width) = self.width else { return text };
        let (first, others) = (" ".repeat(first), " ".repeat(others));
        // What is one word stays one, so that it can be copied: an id, a URL, a value.
        let options = textwrap::Options::new(width.max(NARROWEST))
            .initial_indent(&first)
            .subsequent_indent(&others)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let filled = textwrap::fill(&text, options);
        filled.strip_prefix(&first).unwrap_or(&filled).to_owned()
    }

    fn bold(self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Columns before the counts of an area.
const AREA_COUNTS: usize = 20;

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

/// The command that runs a check again, in one line however long, so that it can be copied.
fn rerun(report: &Report, check: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "    {:<9} conformance {} --check {check}", "rerun", printable(&report.target.rerun))
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
    use insta::assert_snapshot;

    use super::super::tests::{every_verdict, excused, hostile, report, result, written};
    use super::*;
    use crate::check::{Level, Need};
    use crate::framework::{Confidence, Framework, Recognised};
    use crate::mcp::Revision;
    use crate::report::CheckResult;

    fn failed(check: &'static str, revision: Option<Revision>, actual: &str) -> CheckResult {
        CheckResult { revision, actual: Some(actual.to_owned()), ..result(check, Verdict::Fail, Level::Must) }
    }

    #[test]
    fn what_is_excused_stands_apart_and_the_rest_can_be_pasted() {
        insta::assert_snapshot!(written(&Terminal::default(), &excused()));
    }

    #[test]
    fn the_fix_for_the_framework_stands_beside_the_general_one() {
        let framework = Recognised {
            framework: Framework::Fastmcp,
            version: Some("4.2.3".to_owned()),
            confidence: Confidence::Likely,
            evidence: vec!["a sign".to_owned()],
        };
        let failed = failed("audience-other", None, "served");
        let mut report = report(vec![failed]);
        report.results[0].framework_fix = crate::framework::fix(Framework::Fastmcp, "audience-other");
        report.target.framework = Some(framework);
        let screen = written(&Terminal::default(), &report);
        assert!(screen.contains("looks like fastmcp 4.2.3 (likely): a sign"), "{screen}");
        assert!(screen.contains("fix       in fastmcp: `JWTVerifier(…, audience="), "{screen}");
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

    #[test]
    fn every_verdict_has_its_place() {
        assert_snapshot!(written(&Terminal::default(), &report(every_verdict())));
    }

    #[test]
    fn a_screen_breaks_lines_between_words_and_a_log_none() {
        let narrow = Terminal { width: Some(60), ..Terminal::default() };
        let screen = written(&narrow, &report(every_verdict()));
        assert_snapshot!("narrow", screen);
        let long = |line: &&str| line.chars().count() > 60 && !line.contains("rerun");
        assert_eq!(screen.lines().find(long), None);
        assert!(screen.contains("\n              token of its issuer"), "{screen}");
    }

    #[test]
    fn a_quiet_report_has_the_findings_and_the_closing_line() {
        let quiet = Terminal { volume: Volume::Quiet, ..Terminal::default() };
        let nothing = written(&quiet, &report(vec![result("no-token", Verdict::Pass, Level::Must)]));
        assert_eq!(nothing, "1 of 1 checks tested in 0.0 s; no area left out\n");
        assert_snapshot!("quiet", written(&quiet, &report(every_verdict())));
    }

    #[test]
    fn a_check_without_a_declaration_says_which() {
        let undeclared = CheckResult {
            missing: vec![Need::DeclaredBehaviour],
            because: Some("conformance.toml declares no tool with \"one-time = true\"".to_owned()),
            ..result("garbage-token", Verdict::NotTested, Level::Must)
        };
        let brief = written(&Terminal::default(), &report(vec![undeclared.clone()]));
        assert!(brief.contains("; --verbose tells what each would be\n") && !brief.contains("one-time"), "{brief}");
        let verbose = Terminal { volume: Volume::Verbose, ..Terminal::default() };
        let screen = written(&verbose, &report(vec![undeclared]));
        assert!(
            screen.contains("because   conformance.toml declares no tool with \"one-time = true\": garbage-token\n")
        );
    }

    #[test]
    fn nothing_that_a_server_says_is_obeyed_by_a_terminal_or_by_a_job() {
        let screen = written(&Terminal::default(), &hostile("\u{1b}[2J\r\n::error::x\n##[error]y"));
        assert!(!screen.contains('\u{1b}') && !screen.contains("##["), "{screen}");
        assert!(screen.lines().all(|line| !line.trim_start().starts_with("::")), "{screen}");
    }
}
