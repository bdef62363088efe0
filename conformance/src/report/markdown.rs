//! Markdown, for the summary of a CI job: the outcome in a line, findings first, what passed folded away.

use std::io::{self, Write};

use super::groups::{self, Group};
use super::{Report, Reporter, Verdict, closing};
use crate::baseline::Standing;
use crate::checks;
use crate::exit_status::ExitStatus;
use crate::framework::Recognised;
use crate::text::printable;

/// Most characters of a cell: a summary has a bound, and the JSON report has it all.
const CELL_AT_MOST: usize = 600;

pub(super) struct Markdown;

impl Reporter for Markdown {
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let groups = groups::groups(&report.results);
        head(report, out)?;
        findings(report, &groups, out)?;
        inconclusive(report, &groups, out)?;
        excused(&groups, out)?;
        baseline(report, out)?;
        not_tested(report, out)?;
        folded("Passed", Verdict::Pass, &groups, out)?;
        folded("Not applicable", Verdict::NotApplicable, &groups, out)?;
        let excused = closing::excused(report).map(|excused| format!("; {excused}")).unwrap_or_default();
        writeln!(out, "\nResults by check and revision: {}{excused}.", closing::counts(report))?;
        match closing::longest(report) {
            Some(longest) => writeln!(out, "\nLongest: {longest}."),
            None => Ok(()),
        }
    }
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let target = &report.target;
    let outcome = match report.summary.exit_status {
        ExitStatus::Success if report.results.iter().any(|r| r.verdict == Verdict::Warn && r.excuse.is_none()) => {
            "✓ No failure in what was tested, but warnings"
        }
        ExitStatus::Success if closing::excused(report).is_some() => "✓ Nothing found that is not known",
        ExitStatus::Success => "✓ Nothing found in what was tested",
        ExitStatus::Findings => "✗ Findings",
        ExitStatus::Usage | ExitStatus::CouldNotTest => "? Could not test",
        ExitStatus::Interrupted => "? Interrupted",
    };
    writeln!(out, "## {outcome}\n\n**{}.**", closing::tested(report))?;
    if let Some(headline) = &report.summary.headline {
        writeln!(out, "\n> **{}** {}", headline.title(), code(&headline.text))?;
    }
    if let Some(exit) = closing::exit(report) {
        writeln!(out, "\n{}", code(&exit))?;
    }
    let revisions: Vec<_> = target.revisions.iter().map(|r| r.name()).collect();
    let spoken = if target.revisions_assumed { "sent in the forms of" } else { "speaks" };
    write!(out, "\n{} {}: {}", report.tool.name, report.tool.version, code(&target.url))?;
    if !revisions.is_empty() {
        write!(out, " {spoken} {}; token checks by {}", revisions.join(" and "), code(&target.call))?;
    }
    match &target.zone {
        Some(zone) => writeln!(out, "; zone {}.", code(zone))?,
        None => writeln!(out, "; no zone under control.")?,
    }
    let framework = target.framework.as_ref().map(Recognised::sentence);
    for (name, text) in target
        .token_refused
        .iter()
        .map(|how| ("No token was accepted", how))
        .chain(target.not_spoken.iter().map(|how| ("Not spoken", how)))
        .chain(framework.iter().map(|sentence| ("The server", sentence)))
        .chain(target.notes.iter().map(|note| ("Note", note)))
    {
        writeln!(out, "\n**{name}:** {}", code(text))?;
    }
    Ok(())
}

fn findings(report: &Report, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let order = [Verdict::Fail, Verdict::Error, Verdict::Warn, Verdict::Info];
    let of = |verdict| all.iter().filter(move |g| g.first().verdict == verdict && g.is_its_own());
    let shown: Vec<_> = order.into_iter().flat_map(of).collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Findings\n\n| | Check | Expected | Actual | Fix | Rerun |\n|---|---|---|---|---|---|")?;
    for group in shown {
        let result = group.first();
        let page = checks::find(result.check);
        let fix = page.map(|check| check.section("How to fix it")).filter(|_| result.expected.is_some());
        let framework_fix = groups::framework_fix(report, result).map(|fix| ours(&fix));
        let actual = result.actual.as_ref().or(result.because.as_ref());
        let mut check = named(group);
        for remark in &result.remarks {
            check.push_str(&format!("<br>{}", code(remark)));
        }
        let also = group.also(all);
        if !also.is_empty() {
            check.push_str(&format!("<br>For the same cause: {}", also.join(", ")));
        }
        writeln!(
            out,
            "| {} | {check} | {} | {} | {} | {} |",
            closing::words(result.verdict).to_uppercase(),
            result.expected.as_deref().map(code).unwrap_or_default(),
            actual.map(|text| code(text)).unwrap_or_default(),
            [fix.map(|fix| ours(&fix)), framework_fix].into_iter().flatten().collect::<Vec<_>>().join("<br>"),
            page.map(|_| code(&format!("conformance {} --check {}", report.target.rerun, result.check)))
                .unwrap_or_default(),
        )?;
    }
    Ok(())
}

fn inconclusive(report: &Report, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let shown = groups::inconclusive(report, all);
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Inconclusive\n\n| Because | Try | Checks |\n|---|---|---|")?;
    for (because, groups) in shown {
        let mut names: Vec<_> = groups.iter().map(|g| named(g)).collect();
        names.extend(groups.iter().flat_map(|g| g.also(all)).map(|also| format!("{also} (for the same cause)")));
        let remedy = groups[0].first().remedy.as_deref().map(code).unwrap_or_default();
        writeln!(out, "| {} | {remedy} | {} |", code(&because), names.join("<br>"))?;
    }
    Ok(())
}

/// What decides nothing: findings that are known, and checks that are known to be flaky.
fn excused(all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let known = groups::known(all);
    if !known.is_empty() {
        writeln!(out, "\n### Known, by the baseline\n\n| | Check | Reason | Actual |\n|---|---|---|---|")?;
    }
    for (group, reason) in known {
        excuse(group, Some(reason), out)?;
    }
    let flaky = groups::flaky(all);
    if !flaky.is_empty() {
        writeln!(
            out,
            "\n### Known to be flaky\n\nThey decide nothing.\n\n| | Check | Reason | Actual |\n|---|---|---|---|"
        )?;
    }
    flaky.into_iter().try_for_each(|(group, reason)| excuse(group, reason, out))
}

fn excuse(group: &Group<'_>, reason: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let result = group.first();
    let actual = result.actual.as_deref().or(result.because.as_deref());
    writeln!(
        out,
        "| {} | {} | {} | {} |",
        closing::words(result.verdict).to_uppercase(),
        named(group),
        reason.map(code).unwrap_or_default(),
        actual.map(code).unwrap_or_default(),
    )
}

fn baseline(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let entries = groups::entries(report);
    if !entries.is_empty() {
        writeln!(out, "\n### Entries of the baseline\n\n| | Entry | |\n|---|---|---|")?;
    }
    for (standing, names, remark) in entries {
        let standing = match standing {
            Standing::Stale => "STALE",
            Standing::Expired => "EXPIRED",
            Standing::Unclear | Standing::Holds => "",
        };
        writeln!(out, "| {standing} | **{names}** | {} |", code(&remark))?;
    }
    match groups::to_paste(report) {
        Some((file, entries)) => writeln!(
            out,
            "\n### Not in the baseline\n\nWhat is to be put up with goes into {}, with its reason:\n\n```toml\n{entries}```",
            code(file)
        ),
        None => Ok(()),
    }
}

fn not_tested(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let by_need = groups::not_tested(report);
    if by_need.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Not tested\n\n| For want of | Enable with | Checks |\n|---|---|---|")?;
    for (need, checks) in by_need {
        let ids: Vec<_> = checks.iter().map(|(id, _)| *id).collect();
        let why: String = groups::undeclared(report, need).keys().map(|why| format!("<br>{}", code(why))).collect();
        writeln!(out, "| {} | {}{why} | {}: {} |", need.name(), code(need.enabled_by()), ids.len(), ids.join(", "))?;
    }
    Ok(())
}

fn folded(title: &str, verdict: Verdict, all: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<_> = all.iter().filter(|g| g.first().verdict == verdict && g.first().excuse.is_none()).collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{title}: {}</summary>\n", shown.len())?;
    for group in shown {
        let because = group.first().because.as_deref().map(|why| format!(": {}", code(why))).unwrap_or_default();
        writeln!(out, "- {}{because}", named(group))?;
        for remark in &group.first().remarks {
            writeln!(out, "  - {}", code(remark))?;
        }
    }
    writeln!(out, "\n</details>")
}

/// A check by id and statement.
fn named(group: &Group<'_>) -> String {
    let result = group.first();
    format!("**{}**{} {}", result.check, group.revisions(), ours(result.title))
}

/// Text of a check's page, which is Markdown already, in one line of a table.
fn ours(markdown: &str) -> String {
    markdown.replace('\n', " ").replace('|', "\\|")
}

/// Anybody's text as a code span, in a table or out of it: nothing in it is a tag, a link or a mention.
///
/// A table is cut into cells before anything else is looked at, so a bar is escaped even within code, and one behind a
/// backslash cannot be: readers disagree about it.
fn code(text: &str) -> String {
    let mut shown: String = printable(text).chars().take(CELL_AT_MOST).collect();
    if shown.len() < printable(text).len() {
        shown.push('…');
    }
    if shown.trim().is_empty() {
        return String::new();
    }
    let shown = shown.replace("\\|", "\\¦").replace('|', "\\|");
    let fence = "`".repeat(longest_run(&shown) + 1);
    // A space on both sides is taken off again, and keeps the fence apart from backticks of the text.
    let gap = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{gap}{shown}{gap}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::super::tests::{every_verdict, excused, hostile, report, written};
    use super::*;

    #[test]
    fn every_verdict_has_its_place() {
        assert_snapshot!(written(&Markdown, &report(every_verdict())));
    }

    #[test]
    fn what_is_excused_stands_apart() {
        assert_snapshot!(written(&Markdown, &excused()));
    }

    /// All but the text: what a reader of the Markdown sees the structure of.
    fn structure(markdown: &str) -> Vec<String> {
        let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
        let shown = parser.filter_map(|event| match event {
            Event::Text(_) => None,
            Event::Code(_) => Some("code".to_owned()),
            Event::Html(html) | Event::InlineHtml(html) => Some(html.to_string()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
            other => Some(format!("{other:?}")),
        });
        shown.collect()
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_is_text(said in "[ -~\u{a0}-\u{ff}\n\r\t|`\\\\<>@#]{1,60}") {
            prop_assume!(!printable(&said).trim().is_empty());
            let markdown = written(&Markdown, &hostile(&said));
            prop_assert_eq!(structure(&markdown), structure(&written(&Markdown, &hostile("x"))), "{}", markdown);
        }

        #[test]
        fn whatever_is_said_at_all_is_text(said in any::<String>()) {
            prop_assume!(!printable(&said).trim().is_empty());
            let markdown = written(&Markdown, &hostile(&said));
            prop_assert_eq!(structure(&markdown), structure(&written(&Markdown, &hostile("x"))), "{}", markdown);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert!(code(&"x".repeat(10_000)).chars().count() < CELL_AT_MOST + 10);
        assert_eq!(code("a\\|b|`c"), "``a\\¦b\\|`c``");
    }
}
