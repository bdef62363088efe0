//! Workflow commands: lines that GitHub shows as annotations of a job.
//!
//! Escaped as the runner's toolkit does it (`escapeData` and `escapeProperty` in `@actions/core`), so that a server's text
//! neither ends a command nor begins one.

use std::io::{self, Write};

use super::groups::{self, Group};
use super::{Report, Reporter, Verdict, closing};
use crate::baseline::Standing;
use crate::text::printable;

/// How many annotations of a level GitHub shows for one step; those beyond are dropped without a word.
const SHOWN: usize = 10;

pub(super) struct Github;

impl Reporter for Github {
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let groups = groups::groups(&report.results);
        let of = |verdicts: &[Verdict]| -> Vec<&Group<'_>> {
            groups.iter().filter(|g| g.is_its_own()).filter(|g| verdicts.contains(&g.first().verdict)).collect()
        };
        let mut errors = Vec::new();
        errors.extend(report.summary.headline.iter().map(|h| Annotation::new(h.title(), &[&h.text])));
        let entries = groups::entries(report).into_iter();
        let outdated = entries.filter(|(standing, ..)| matches!(standing, Standing::Stale | Standing::Expired));
        errors.extend(outdated.map(|(_, entry, remark)| Annotation::new(&format!("baseline: {entry}"), &[&remark])));
        errors.extend(of(&[Verdict::Fail, Verdict::Error]).iter().map(|g| finding(report, g, &groups)));
        let mut warnings: Vec<_> = of(&[Verdict::Warn]).iter().map(|g| finding(report, g, &groups)).collect();
        warnings.extend(groups::inconclusive(report, &groups).iter().map(|(why, groups)| unclear(why, groups)));
        // The end says what was not tested, so it comes before what is for information.
        let mut notices = vec![closing_line(report)];
        let known = groups::known(&groups).into_iter().map(|(group, reason)| (group, Some(reason)));
        let excused = known.chain(groups::flaky(&groups));
        notices.extend(excused.map(|(group, reason)| {
            let verdict = closing::words(group.first().verdict);
            Annotation::new(
                &format!("{}: {verdict}, and decides nothing", group.first().check),
                &[reason.unwrap_or_default()],
            )
        }));
        notices.extend(of(&[Verdict::Info]).iter().map(|g| finding(report, g, &groups)));
        for (level, annotations) in [("error", errors), ("warning", warnings), ("notice", notices)] {
            write_bounded(level, &annotations, out)?;
        }
        Ok(())
    }
}

struct Annotation {
    title: String,
    message: String,
}

impl Annotation {
    fn new(title: &str, lines: &[&str]) -> Self {
        let lines: Vec<_> = lines.iter().filter(|line| !line.is_empty()).map(|line| printable(line)).collect();
        Self { title: printable(title), message: lines.join("\n") }
    }
}

fn finding(report: &Report, group: &Group<'_>, all: &[Group<'_>]) -> Annotation {
    let result = group.first();
    let told =
        |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name} {text}")).unwrap_or_default();
    let also = group.also(all);
    let also = if also.is_empty() { String::new() } else { format!("for the same cause: {}", also.join(", ")) };
    let lines = [
        result.title,
        &told("expected", &result.expected),
        &told("actual", &result.actual),
        &told("because", &result.because),
        &told("fix", &groups::framework_fix(report, result)),
        &also,
        &format!("rerun: conformance {} --check {}", report.target.rerun, result.check),
    ];
    let verdict = closing::words(result.verdict).to_uppercase();
    Annotation::new(&format!("{verdict} {}{}", result.check, group.revisions()), &lines)
}

fn unclear(why: &str, groups: &[&Group<'_>]) -> Annotation {
    let ids: Vec<_> = groups.iter().map(|g| format!("{}{}", g.first().check, g.revisions())).collect();
    Annotation::new("INCONCLUSIVE", &[why, &ids.join(", ")])
}

fn closing_line(report: &Report) -> Annotation {
    let exit = closing::exit(report).unwrap_or_default();
    let lines =
        [&format!("results by check and revision: {}", closing::counts(report)), &closing::tested(report), &exit];
    Annotation::new(&format!("{} of {}", report.tool.name, report.target.url), &lines.map(String::as_str))
}

/// As many as are shown; where there are more, the last one says which.
fn write_bounded(level: &str, annotations: &[Annotation], out: &mut dyn Write) -> io::Result<()> {
    let kept = if annotations.len() > SHOWN { SHOWN - 1 } else { annotations.len() };
    let (kept, more) = annotations.split_at(kept);
    for annotation in kept {
        command(level, annotation, out)?;
    }
    if !more.is_empty() {
        let titles: Vec<_> = more.iter().map(|a| a.title.as_str()).collect();
        command(level, &Annotation::new(&format!("and {} more", more.len()), &titles), out)?;
    }
    Ok(())
}

fn command(level: &str, annotation: &Annotation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "::{level} title={}::{}", property(&annotation.title), data(&annotation.message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::super::tests::{every_verdict, excused, hostile, report, result, written};
    use super::*;
    use crate::check::Level;
    use crate::report::CheckResult;

    #[test]
    fn every_verdict_has_its_place() {
        assert_snapshot!(written(&Github, &report(every_verdict())));
    }

    #[test]
    fn what_is_excused_is_a_notice() {
        let lines = written(&Github, &excused());
        assert!(
            lines
                .lines()
                .any(|line| line.starts_with("::notice title=audience-other%3A fail%2C and decides nothing::")),
            "{lines}"
        );
        assert!(!lines.contains("title=FAIL audience-other"), "{lines}");
    }

    /// Level, title and message of a line, as the runner reads it.
    fn read(line: &str) -> (String, String, String) {
        let (head, message) = line.strip_prefix("::").expect("a command").split_once("::").expect("a message");
        let (level, title) = head.split_once(" title=").expect("a title");
        let unescaped = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
        let title = unescaped(title).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        (level.to_owned(), title, unescaped(message).replace("%25", "%"))
    }

    #[test]
    fn what_is_escaped_is_read_as_it_was() {
        let annotation = Annotation { title: "50%, a::b,c=d".to_owned(), message: "%0A::error::x\r\ny".to_owned() };
        let mut out = Vec::new();
        command("error", &annotation, &mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line, "::error title=50%25%2C a%3A%3Ab%2Cc=d::%250A::error::x%0D%0Ay\n");
        let (level, title, message) = read(line.trim_end());
        assert_eq!((level.as_str(), title, message), ("error", annotation.title, annotation.message));
    }

    proptest! {
        #[test]
        fn nothing_that_a_server_says_is_a_command(said in "[ -~\n\r:%#,]{1,60}") {
            let (shown, usual) = (written(&Github, &hostile(&said)), written(&Github, &hostile("x")));
            let levels = |text: &str| text.lines().map(|line| read(line).0).collect::<Vec<_>>();
            prop_assert_eq!(levels(&shown), levels(&usual), "{}", shown);
            prop_assert!(!shown.contains('\r') && !shown.contains("##["));
        }
    }

    #[test]
    fn there_are_no_more_than_are_shown_and_the_last_names_the_rest() {
        let ids = crate::checks::ALL.iter().map(|check| check.meta().id);
        // As if none had to do with another.
        let failed = |id| CheckResult { follows_from: None, ..result(id, Verdict::Fail, Level::Must) };
        let mut report = report(ids.clone().take(12).map(failed).collect());
        report.results.iter_mut().for_each(|r| r.follows_from = None);
        report.summary.headline = None;
        let lines: Vec<_> = written(&Github, &report).lines().map(read).collect();
        let errors: Vec<_> = lines.iter().filter(|(level, ..)| level == "error").collect();
        assert_eq!(errors.len(), SHOWN);
        assert_eq!(errors[SHOWN - 1].1, "and 3 more");
        assert!(errors[SHOWN - 1].2.contains(ids.clone().nth(11).unwrap()), "{errors:?}");
        assert!(lines.last().is_some_and(|(level, _, text)| level == "notice" && text.contains("checks tested in")));
    }
}
