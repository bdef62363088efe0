//! One HTML page with everything, for people: it needs no network and no script, prints whole, and fits a phone.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use openssl::sha::sha256;

use super::groups::{self, Group};
use super::{Report, Reporter, Verdict, closing};
use crate::catalogue;
use crate::check::Area;
use crate::checks;
use crate::exit_status::ExitStatus;
use crate::text::printable;
use crate::transcript::Exchange;

/// Most exchanges of a result that are shown: the beginning and the end explain most, and the JSON report has them all.
const EXCHANGES_SHOWN: usize = 20;

pub(super) struct Html;

impl Reporter for Html {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(page(report).into_string().as_bytes())
    }
}

fn page(report: &Report) -> Markup {
    let groups = groups::groups(&report.results);
    // The page holds what a server said: even if a way past the escaping were found, nothing would run or be fetched.
    let style = STANDARD.encode(sha256(STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (outcome(report)) " · " (said(&report.target.url)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(report))
                main {
                    (summary(report))
                    (findings(report, &groups))
                    (inconclusive(report, &groups))
                    (excused(report, &groups))
                    (not_tested(report))
                    (passed(&groups))
                    (not_applicable(&groups))
                }
                footer { (report.tool.name) " " (report.tool.version) }
            }
        }
    }
}

fn outcome(report: &Report) -> &'static str {
    match report.summary.exit_status {
        ExitStatus::Success if report.summary.verdicts.contains_key("warn") => {
            "No failure in what was tested, but warnings"
        }
        ExitStatus::Success => "Nothing found in what was tested",
        ExitStatus::Findings => "Findings",
        ExitStatus::Usage | ExitStatus::CouldNotTest => "Could not test",
        ExitStatus::Interrupted => "Interrupted",
    }
}

fn head(report: &Report) -> Markup {
    let target = &report.target;
    let tone = match report.summary.exit_status {
        ExitStatus::Success => "good",
        ExitStatus::Findings => "bad",
        _ => "unclear",
    };
    let revisions: Vec<_> = target.revisions.iter().map(|r| r.name()).collect();
    let spoken = if target.revisions_assumed { "Sent in the forms of" } else { "Speaks" };
    html! {
        header class=(tone) {
            h1 { (outcome(report)) }
            p { strong { (closing::tested(report)) "." } }
            @if let Some(exit) = closing::exit(report) { p { (said(&exit)) } }
            @if let Some(headline) = &report.summary.headline {
                p.headline { strong { (headline.title()) } " " (said(&headline.text)) }
            }
            dl {
                (fact("Endpoint", html! { code { (said(&target.url)) } }))
                @if !revisions.is_empty() {
                    (fact(spoken, html! { (revisions.join(" and ")) }))
                    (fact("Token checks by", html! { (said(&target.call)) }))
                }
                @match &target.zone {
                    Some(zone) => (fact("Zone", html! { code { (said(zone)) } })),
                    None => (fact("Zone", html! { "none under control" })),
                }
                @for how in &target.not_spoken { (fact("Not spoken", html! { (said(how)) })) }
                @if let Some(how) = &target.token_refused { (fact("No token was accepted", html! { (said(how)) })) }
                @for note in &target.notes { (fact("Note", html! { (said(note)) })) }
            }
        }
    }
}

/// Every verdict in every area.
fn summary(report: &Report) -> Markup {
    let by_area = closing::by_area(report);
    let given: Vec<_> = closing::ORDER.into_iter().filter(|v| by_area.values().any(|c| c.contains_key(v))).collect();
    html! {
        @if !by_area.is_empty() {
            section {
                h2 { "Results by check and revision" }
                div.wide {
                    table.counts {
                        thead {
                            tr {
                                th scope="col" { "Area" }
                                @for verdict in &given { th scope="col" { (closing::words(*verdict)) } }
                            }
                        }
                        tbody {
                            @for (area, counts) in &by_area {
                                tr {
                                    th scope="row" { (area.name()) }
                                    @for verdict in &given {
                                        @match counts.get(verdict) {
                                            Some(count) => td class=(verdict.name()) { (count) },
                                            None => td.none { "·" },
                                        }
                                    }
                                }
                            }
                        }
                        tfoot {
                            tr {
                                th scope="row" { "all" }
                                @for verdict in &given {
                                    td { (by_area.values().filter_map(|c| c.get(verdict)).sum::<usize>()) }
                                }
                            }
                        }
                    }
                }
                @if report.results.iter().any(|r| r.follows_from.is_some()) {
                    p.small { "Below, what follows from one cause stands with it." }
                }
                @if let Some(longest) = closing::longest(report) { p.small { "Longest: " (longest) } }
            }
        }
    }
}

fn findings(report: &Report, all: &[Group<'_>]) -> Markup {
    let kinds = [
        ("Failures", &[Verdict::Fail, Verdict::Error][..]),
        ("Warnings", &[Verdict::Warn]),
        ("For information", &[Verdict::Info]),
    ];
    html! {
        @for (title, verdicts) in kinds {
            @let shown: Vec<_> = all.iter().filter(|g| is_cause(g, verdicts)).collect();
            @if !shown.is_empty() {
                section {
                    h2 { (title) ": " (shown.len()) }
                    @for group in shown { (finding(report, group, all)) }
                }
            }
        }
    }
}

fn is_cause(group: &Group<'_>, verdicts: &[Verdict]) -> bool {
    verdicts.contains(&group.first().verdict) && group.is_its_own()
}

fn finding(report: &Report, group: &Group<'_>, all: &[Group<'_>]) -> Markup {
    let result = group.first();
    let page = checks::find(result.check);
    let also = group.also(all);
    html! {
        article class=(result.verdict.name()) {
            h3 {
                span.verdict { (closing::words(result.verdict)) } " "
                (result.check) span.revisions { (group.revisions()) }
            }
            p.title { (result.title) }
            dl {
                @if let Some(expected) = &result.expected { (fact("Expected", html! { (said(expected)) })) }
                @if let Some(actual) = &result.actual { (fact("Actual", html! { strong { (said(actual)) } })) }
                @if let Some(because) = &result.because { (fact("Because", html! { (said(because)) })) }
                @for remark in &result.remarks { (fact("Remark", html! { (said(remark)) })) }
                @if let Some(check) = page {
                    @if result.expected.is_some() {
                        (fact("Why it matters", prose(&check.section("Why it matters"))))
                        (fact("How to fix it", prose(&check.section("How to fix it"))))
                    }
                }
                @if let Some(fix) = groups::framework_fix(report, result) { (fact("Fix", html! { (said(&fix)) })) }
                @if let Some(remedy) = &result.remedy { (fact("Try", html! { (said(remedy)) })) }
                (fact("Clause", clauses(result.level.keyword(), result.requirements)))
                @if page.is_some() { (fact("Rerun", rerun(report, result.check))) }
                @if !also.is_empty() { (fact("For the same cause", html! { (also.join(", ")) })) }
            }
            (exchanges(group))
        }
    }
}

/// Where it is written, for those that the catalogue has.
fn clauses(keyword: &str, requirements: &[&str]) -> Markup {
    html! {
        (keyword)
        @for id in requirements {
            br; code { (id) }
            @if let Some(requirement) = catalogue::find(id) {
                ": " (requirement.summary) " ("
                a href=(requirement.url) rel="noreferrer" { (requirement.source) " " (requirement.section) }
                ")"
            }
        }
    }
}

fn rerun(report: &Report, check: &str) -> Markup {
    html! { code.command { "conformance " (said(&report.target.rerun)) " --check " (check) } }
}

/// What decides nothing, and the entries of the baseline that are not simply so.
fn excused(report: &Report, all: &[Group<'_>]) -> Markup {
    let known = groups::known(all).into_iter().map(|(group, reason)| (group, Some(reason)));
    let shown: Vec<_> = known.chain(groups::flaky(all)).collect();
    let entries = groups::entries(report);
    let why = |group: &Group<'_>, reason: Option<&str>| {
        let verdict = closing::words(group.first().verdict);
        html! { (verdict) ": " (said(reason.unwrap_or("known to be flaky"))) }
    };
    html! {
        @if !shown.is_empty() {
            section {
                h2 { "Known: " (shown.len()) }
                p { "In the baseline, or known to be flaky: shown, and without effect on how the run ends." }
                (table(shown.iter().map(|(group, reason)| (*group, why(group, *reason)))))
            }
        }
        @if !entries.is_empty() {
            section {
                h2 { "Entries of the baseline" }
                ul { @for (_, entry, remark) in &entries { li { code { (said(entry)) } ": " (said(remark)) } } }
            }
        }
    }
}

fn inconclusive(report: &Report, all: &[Group<'_>]) -> Markup {
    let shown = groups::inconclusive(report, all);
    html! {
        @if !shown.is_empty() {
            section {
                h2 { "Inconclusive: " (shown.iter().map(|(_, groups)| groups.len()).sum::<usize>()) }
                p { "A precondition did not hold, so nothing can be said. Never counted as a pass." }
                @for (because, groups) in shown {
                    article.inconclusive {
                        h3 { span.verdict { "inconclusive" } " " (said(&because)) }
                        ul {
                            @for group in groups {
                                @let also = group.also(all);
                                li {
                                    (named(group))
                                    @for remark in &group.first().remarks { br; (said(remark)) }
                                    @if !also.is_empty() { br; "For the same cause: " (also.join(", ")) }
                                    @if checks::find(group.first().check).is_some() {
                                        br; (rerun(report, group.first().check))
                                    }
                                    (exchanges(group))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn not_tested(report: &Report) -> Markup {
    let by_need = groups::not_tested(report);
    html! {
        @if !by_need.is_empty() {
            section {
                h2 { "Not tested: " (by_need.values().map(Vec::len).sum::<usize>()) }
                p { "This run has no means to tell. What would give it is named." }
                @for (need, checks) in &by_need {
                    article.not_tested {
                        h3 { (checks.len()) " for want of " (need.name()) }
                        p { "Enable with " strong { (need.enabled_by()) } }
                        @for (why, ids) in groups::undeclared(report, *need) {
                            p { (said(why)) ": " (ids.join(", ")) }
                        }
                        details {
                            summary { "Which" }
                            dl {
                                @for (area, ids) in groups::by_area(checks) {
                                    (fact(area.name(), html! { (ids.join(", ")) }))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn passed(all: &[Group<'_>]) -> Markup {
    let passed: Vec<_> = all.iter().filter(|g| g.first().verdict == Verdict::Pass).collect();
    let mut areas: Vec<Area> = passed.iter().map(|g| g.first().area).collect();
    areas.sort_unstable();
    areas.dedup();
    html! {
        @if !passed.is_empty() {
            section {
                h2 { "Passed: " (passed.len()) }
                @for area in areas {
                    @let of_area: Vec<_> = passed.iter().filter(|g| g.first().area == area).collect();
                    details {
                        summary { (area.name()) ": " (of_area.len()) }
                        (table(of_area.iter().map(|group| (**group, html! {}))))
                    }
                }
            }
        }
    }
}

fn not_applicable(all: &[Group<'_>]) -> Markup {
    let shown: Vec<_> = all.iter().filter(|g| g.first().verdict == Verdict::NotApplicable).collect();
    let because = |group: &Group<'_>| html! { (said(group.first().because.as_deref().unwrap_or_default())) };
    html! {
        @if !shown.is_empty() {
            section {
                h2 { "Not applicable: " (shown.len()) }
                p { "The statement does not bind this server." }
                details {
                    summary { "Which, and why" }
                    (table(shown.iter().map(|group| (*group, because(group)))))
                }
            }
        }
    }
}

/// Checks by id and statement, each with what else there is to say.
fn table<'a, 'r: 'a>(rows: impl Iterator<Item = (&'a Group<'r>, Markup)>) -> Markup {
    html! {
        table.checks {
            tbody {
                @for (group, more) in rows {
                    tr {
                        th scope="row" { (group.first().check) span.revisions { (group.revisions()) } }
                        td {
                            (group.first().title)
                            @if !more.0.is_empty() { br; span.small { (more) } }
                            @for remark in &group.first().remarks { br; span.small { (said(remark)) } }
                        }
                    }
                }
            }
        }
    }
}

fn named(group: &Group<'_>) -> Markup {
    html! { strong { (group.first().check) } span.revisions { (group.revisions()) } " " (group.first().title) }
}

#[expect(clippy::needless_pass_by_value, reason = "nobody else has what `html!` just made")]
fn fact(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// The evidence, folded away.
fn exchanges(group: &Group<'_>) -> Markup {
    html! {
        @for result in group.results.iter().filter(|r| !r.exchanges.is_empty()) {
            details {
                summary {
                    "Exchanges: " (result.exchanges.len())
                    @if let Some(revision) = result.revision { " [" (revision.name()) "]" }
                }
                @let (first, last) = ends(&result.exchanges);
                @for exchange in first { (shown(exchange)) }
                @if result.exchanges.len() > first.len() + last.len() {
                    p.small { "… " (result.exchanges.len() - first.len() - last.len()) " more in the JSON report" }
                }
                @for exchange in last { (shown(exchange)) }
            }
        }
    }
}

fn ends(exchanges: &[Arc<Exchange>]) -> (&[Arc<Exchange>], &[Arc<Exchange>]) {
    if exchanges.len() <= EXCHANGES_SHOWN {
        return (exchanges, &[]);
    }
    (&exchanges[..EXCHANGES_SHOWN / 2], &exchanges[exchanges.len() - EXCHANGES_SHOWN / 2..])
}

fn shown(exchange: &Exchange) -> Markup {
    let answer = match (&exchange.status, &exchange.error) {
        (Some(status), _) => status.to_string(),
        (None, error) => printable(error.as_deref().unwrap_or("no answer")),
    };
    html! {
        figure {
            figcaption { (said(&exchange.purpose)) " · " (exchange.duration_ms) " ms" }
            pre {
                (said(&exchange.request)) "\n"
                @for header in &exchange.request_headers { (said(header)) "\n" }
                @if !exchange.request_body.is_empty() { "\n" (said(&exchange.request_body)) "\n" }
            }
            pre.answer {
                (answer) "\n"
                @for header in &exchange.response_headers { (said(header)) "\n" }
                @if !exchange.response_body.is_empty() { "\n" (said(&exchange.response_body)) "\n" }
            }
        }
    }
}

/// Anybody's text: `html!` escapes it, and this takes what nobody would see.
fn said(text: &str) -> String {
    printable(text)
}

/// Text of a check's page: paragraphs, and code between backticks.
fn prose(markdown: &str) -> Markup {
    html! {
        @for paragraph in markdown.split("\n\n") {
            p {
                @for (at, part) in paragraph.split('`').enumerate() {
                    @if at % 2 == 1 { code { (part) } } @else { (part) }
                }
            }
        }
    }
}

const STYLE: &str = "
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1c2024; --faint: #5b6470; --line: #d8dde3; --soft: #f4f6f8;
  --bad: #b3261e; --warn: #8a5a00; --good: #1a6b3c; --info: #1d5f92;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --text: #e4e7ea; --faint: #9aa4af; --line: #343b43; --soft: #1d2226;
    --bad: #ff8a80; --warn: #e8b04a; --good: #6fce97; --info: #7fbef0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
header { border-left: .4rem solid var(--warn); padding: 0 0 0 1rem; margin: 1rem 0 2rem; }
header.bad { border-color: var(--bad); }
header.good { border-color: var(--good); }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; border-bottom: 1px solid var(--line); }
h3 { margin: 0; font-size: 1rem; }
p { margin: .4rem 0; }
.headline { color: var(--bad); font-size: 1.1rem; }
.small, .revisions, footer, figcaption { color: var(--faint); font-size: .875rem; font-weight: normal; }
dl { margin: .5rem 0; }
dl > div { display: grid; grid-template-columns: 10rem 1fr; gap: 0 1rem; padding: .2rem 0; }
dt { color: var(--faint); }
dd { margin: 0; min-width: 0; }
dd p:first-child { margin-top: 0; }
dd p:last-child { margin-bottom: 0; }
a { color: var(--info); }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
code { background: var(--soft); padding: .05rem .25rem; border-radius: .2rem; }
.command { display: block; padding: .3rem .5rem; }
article { border: 1px solid var(--line); border-left: .3rem solid var(--faint); border-radius: .3rem; padding: .75rem 1rem; margin: 0 0 1rem; }
article.fail, article.error { border-left-color: var(--bad); }
article.warn, article.inconclusive { border-left-color: var(--warn); }
article.info { border-left-color: var(--info); }
.verdict { text-transform: uppercase; font-size: .8rem; letter-spacing: .04em; }
.fail .verdict, .error .verdict, td.fail, td.error { color: var(--bad); font-weight: bold; }
.warn .verdict, .inconclusive .verdict, td.warn, td.inconclusive { color: var(--warn); font-weight: bold; }
.info .verdict { color: var(--info); }
.title { font-weight: bold; }
ul { padding-left: 1.2rem; margin: .4rem 0; }
li { margin: .4rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
.counts th, .counts td { white-space: nowrap; }
.counts td, .counts thead th + th { text-align: right; font-variant-numeric: tabular-nums; }
.counts .none { color: var(--faint); }
.checks { width: 100%; }
.checks th { font-weight: normal; width: 18rem; }
details { margin: .5rem 0; }
summary { cursor: pointer; }
figure { margin: .75rem 0; }
pre { margin: .2rem 0; padding: .5rem .75rem; background: var(--soft); border-radius: .2rem; white-space: pre-wrap; }
pre.answer { border-left: .2rem solid var(--line); }
@media (max-width: 40rem) {
  dl > div { grid-template-columns: 1fr; }
  article { padding: .6rem .7rem; }
  .checks th, .checks td { display: block; width: auto; }
  .checks th { border-bottom: 0; padding-bottom: 0; font-weight: bold; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --text: #000; --faint: #444; --line: #bbb; --soft: #f4f4f4;
    --bad: #900; --warn: #640; --good: #040; --info: #036;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  code, pre { font-size: 8.5pt; }
  /* What is folded on a screen is printed. */
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { list-style: none; font-weight: bold; }
  h2, h3, summary, figcaption { break-after: avoid; }
  tr, figcaption { break-inside: avoid; }
  .wide { overflow: visible; }
}
";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{every_verdict, excused, hostile, report, result, written};
    use super::*;
    use crate::check::Level;
    use crate::report::CheckResult;

    #[test]
    fn what_is_excused_stands_apart() {
        let page = written(&Html, &excused());
        let (findings, known) = page.split_once("<h2>Known: ").expect("a section of its own");
        assert!(
            known.contains("audience-other")
                && !findings.contains("<h3><span class=\"verdict\">fail</span> audience-other")
        );
    }

    /// The elements of a page as a strict reader sees them: every tag with its attributes, and the texts in between.
    /// Panics where anything is neither.
    fn parsed(page: &str) -> (Vec<String>, String) {
        let (mut tags, mut text) = (Vec::new(), String::new());
        let mut open: Vec<String> = Vec::new();
        let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a document type");
        while let Some(at) = rest.find('<') {
            text.push_str(&rest[..at]);
            let tag = &rest[at + 1..];
            // An attribute may hold what ends a tag elsewhere.
            let mut quoted = false;
            let end = tag.find(|c| {
                quoted ^= c == '"';
                c == '>' && !quoted
            });
            let (tag, after) = tag.split_at(end.expect("a tag has an end"));
            rest = &after[1..];
            tags.push(tag.to_owned());
            let name = tag.split(' ').next().unwrap_or_default();
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '/'), "<{tag}>");
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(closed), "what is closed was open");
            } else if name == "style" {
                // Its text is no markup.
                let (_, after) = rest.split_once("</style>").expect("it is closed");
                rest = after;
            } else if !["meta", "br"].contains(&name) {
                open.push(name.to_owned());
            }
        }
        text.push_str(rest);
        assert_eq!(open, [""; 0], "everything is closed");
        assert!(!text.contains('>'), "an angle bracket in the text");
        (tags, text)
    }

    /// A report with evidence in which a server's text stands too.
    fn hostile_with_evidence(said: &str) -> Report {
        let mut report = hostile(said);
        let exchange = Exchange {
            purpose: said.to_owned(),
            request: said.to_owned(),
            request_headers: vec![said.to_owned()],
            request_body: said.to_owned(),
            response_headers: vec![said.to_owned()],
            response_body: said.to_owned(),
            error: Some(said.to_owned()),
            ..Exchange::default()
        };
        for result in &mut report.results {
            result.exchanges = vec![Arc::new(exchange.clone())];
        }
        report
    }

    #[test]
    fn every_verdict_has_its_place() {
        let page = written(&Html, &report(every_verdict()));
        let body = page.split_once("<body>").expect("there is a body").1;
        // A line for each block, to be read.
        let lines = ["<section", "<article", "<div>", "<tr>", "<h2", "<details", "<p", "<main", "<footer"];
        let body = lines.iter().fold(body.to_owned(), |body, tag| body.replace(tag, &format!("\n{tag}")));
        insta::assert_snapshot!(body);
    }

    #[test]
    fn the_page_is_well_formed_and_fetches_nothing() {
        let (tags, _) = parsed(&written(&Html, &hostile_with_evidence("x")));
        for tag in &tags {
            let name = tag.split(' ').next().unwrap_or_default();
            assert!(!["script", "img", "link", "iframe", "object", "base", "form"].contains(&name), "<{tag}>");
            assert!(!tag.contains(" style=") && !tag.contains(" on") && !tag.contains(" src="), "<{tag}>");
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
    }

    #[test]
    fn the_policy_permits_the_style_that_is_there() {
        let page = written(&Html, &report(every_verdict()));
        let (_, style) = page.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let hash = STANDARD.encode(sha256(style.as_bytes()));
        assert!(page.contains(&format!("style-src 'sha256-{hash}'")), "{}", &page[..900]);
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_is_text(said in "[ -~\u{a0}-\u{ff}\n\r\t<>&\"'`=/]{1,60}") {
            prop_assume!(!printable(&said).trim().is_empty());
            let (tags, text) = parsed(&written(&Html, &hostile_with_evidence(&said)));
            let (usual, _) = parsed(&written(&Html, &hostile_with_evidence("x")));
            prop_assert_eq!(tags, usual);
            let shown = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert!(shown.contains(&printable(&said)), "{}", text);
        }
    }

    #[test]
    fn of_many_exchanges_the_ends_are_shown() {
        let exchange = |at: usize| Arc::new(Exchange { purpose: format!("number {at}."), ..Exchange::default() });
        let failed = CheckResult {
            exchanges: (0..60).map(exchange).collect(),
            ..result("no-token", Verdict::Fail, Level::Must)
        };
        let page = written(&Html, &report(vec![failed]));
        for (at, is_there) in [(0, true), (9, true), (10, false), (49, false), (50, true), (59, true)] {
            assert_eq!(page.contains(&format!("number {at}.")), is_there, "{at}");
        }
        assert!(page.contains("… 40 more in the JSON report"));
    }
}
