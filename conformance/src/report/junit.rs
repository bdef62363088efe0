//! JUnit, for whatever shows test results: a suite for each area, a case for each check and revision.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::{CheckResult, Excuse, Report, Reporter, Verdict, closing, groups};
use crate::checks;
use crate::exit_status::ExitStatus;
use crate::text::printable;

pub(super) struct Junit;

impl Reporter for Junit {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut junit = quick_junit::Report::new(text(&name(report)));
        junit.set_time(Duration::from_millis(report.summary.duration_ms));
        let mut areas: Vec<_> = report.results.iter().map(|r| r.area).collect();
        areas.sort_unstable();
        areas.dedup();
        for area in areas {
            let mut suite = suite(area.name(), report);
            let of_area: Vec<_> = report.results.iter().filter(|r| r.area == area).collect();
            suite.set_time(Duration::from_millis(of_area.iter().map(|r| r.duration_ms).sum()));
            suite.add_test_cases(of_area.iter().map(|result| case(report, result)));
            junit.add_test_suite(suite);
        }
        junit.add_test_suite(whole(report));
        let skipped = format!(" skipped=\"{}\"", junit.skipped);
        let xml = junit.to_string().map_err(io::Error::other)?;
        // Jenkins's schema knows this attribute on suites only. Inside another attribute its quotes would be escaped.
        out.write_all(xml.replacen(&skipped, "", 1).as_bytes())
    }
}

fn name(report: &Report) -> String {
    let name = format!("{} {} · {}", report.tool.name, report.tool.version, report.target.url);
    match &report.summary.headline {
        Some(headline) => format!("{name} · {}: {}", headline.title(), headline.text),
        None => name,
    }
}

/// A suite that says what was tested, and with what.
fn suite(name: &str, report: &Report) -> TestSuite {
    let target = &report.target;
    let revisions: Vec<_> = target.revisions.iter().map(|r| r.name()).collect();
    let mut properties = vec![
        ("target", target.url.clone()),
        ("revisions", revisions.join(", ")),
        ("zone", target.zone.clone().unwrap_or_else(|| "none under control".to_owned())),
        ("tested", closing::tested(report)),
    ];
    properties.extend(target.token_refused.iter().map(|how| ("no token was accepted", how.clone())));
    properties.extend(target.framework.iter().map(|recognised| ("framework", recognised.sentence())));
    properties.extend(target.notes.iter().map(|note| ("note", note.clone())));
    properties.extend(report.summary.headline.iter().map(|h| ("headline", h.text.clone())));
    let mut suite = TestSuite::new(name);
    suite.add_properties(properties.into_iter().map(|(name, value)| Property::new(name, text(&value))));
    suite
}

fn case(report: &Report, result: &CheckResult) -> TestCase {
    let revision = result.revision.map(|r| format!(" [{r}]")).unwrap_or_default();
    let lines = story(report, result);
    let status = match result.verdict {
        // Viewers count what is skipped apart and show its message: it stays in sight, and turns nothing red.
        verdict if result.excuse.is_some() && verdict != Verdict::Pass => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(text(&excuse(result))).set_type(verdict.name());
            status
        }
        Verdict::Pass | Verdict::Warn | Verdict::Info => TestCaseStatus::success(),
        Verdict::Fail => stopped(NonSuccessKind::Failure, result, &lines),
        Verdict::Inconclusive | Verdict::Error => stopped(NonSuccessKind::Error, result, &lines),
        Verdict::NotTested | Verdict::NotApplicable => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(text(&reason(result))).set_type(result.verdict.name());
            status
        }
    };
    let mut case = TestCase::new(format!("{}{revision}", result.check), status);
    case.set_classname(result.area.name());
    case.set_time(Duration::from_millis(result.duration_ms));
    // What does not fail is told all the same: a broken SHOULD, a remark.
    if matches!(result.verdict, Verdict::Warn | Verdict::Info) || result.excuse.is_some() || !result.remarks.is_empty()
    {
        case.set_system_out(lines);
    }
    case
}

fn stopped(kind: NonSuccessKind, result: &CheckResult, story: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(text(&reason(result))).set_type(result.verdict.name()).set_description(story);
    status
}

/// Why, in a line.
fn reason(result: &CheckResult) -> String {
    let cause = result.follows_from.map(|cause| format!(" (for the same cause as {cause})")).unwrap_or_default();
    let lacks = || result.missing.first().map(|need| format!("wants {}: {}", need.name(), need.enabled_by()));
    let why = match (&result.expected, &result.actual) {
        (Some(expected), Some(actual)) => format!("expected {expected}; actual {actual}"),
        _ => result.because.clone().or_else(lacks).unwrap_or_default(),
    };
    format!("{why}{cause}")
}

/// Why it decides nothing, and what it came to all the same.
fn excuse(result: &CheckResult) -> String {
    let why = match &result.excuse {
        Some(Excuse::Known { reason }) => format!("known: {reason}"),
        Some(Excuse::Flaky { reason: Some(reason) }) => format!("known to be flaky: {reason}"),
        Some(Excuse::Flaky { reason: None }) | None => "known to be flaky".to_owned(),
    };
    format!("{why} ({}: {})", closing::words(result.verdict), reason(result))
}

/// The same at length.
fn story(report: &Report, result: &CheckResult) -> String {
    let mut lines = vec![format!("{}: {}", closing::words(result.verdict).to_uppercase(), result.title)];
    let mut line = |name: &str, value: &str| lines.push(format!("{name:<9} {}", text(value)));
    if let Some(headline) = report.summary.headline.as_ref().filter(|_| result.check == "no-token") {
        line("headline", &headline.text);
    }
    result.expected.iter().for_each(|expected| line("expected", expected));
    result.actual.iter().for_each(|actual| line("actual", actual));
    result.because.iter().for_each(|because| line("because", because));
    result.remedy.iter().for_each(|remedy| line("try", remedy));
    result.remarks.iter().for_each(|remark| line("remark", remark));
    if result.excuse.is_some() {
        line("excuse", &excuse(result));
    }
    line("clause", &format!("{} · {}", result.level.keyword(), result.requirements.join(", ")));
    if let Some(check) = checks::find(result.check) {
        if result.expected.is_some() {
            line("why", &check.section("Why it matters").replace('\n', " "));
            line("fix", &check.section("How to fix it").replace('\n', " "));
            if let Some(fix) = groups::framework_fix(report, result) {
                line("fix", &fix);
            }
        }
        line("rerun", &format!("conformance {} --check {}", report.target.rerun, result.check));
    }
    lines.join("\n")
}

/// A case for the run as a whole: a page of green and grey cases must not hide that it could not test, or was interrupted.
fn whole(report: &Report) -> TestSuite {
    let summary = &report.summary;
    let kind = match summary.exit_status {
        ExitStatus::Success => None,
        // The findings have cases of their own, unless it is `--require` that failed the run.
        ExitStatus::Findings => summary.exit_reason.as_ref().map(|_| NonSuccessKind::Failure),
        ExitStatus::Usage | ExitStatus::CouldNotTest | ExitStatus::Interrupted => Some(NonSuccessKind::Error),
    };
    let status = match kind {
        None => TestCaseStatus::success(),
        Some(kind) => {
            let mut status = TestCaseStatus::non_success(kind);
            let exit = closing::exit(report).unwrap_or_else(|| "the run did not come to its end".to_owned());
            status.set_message(text(&exit)).set_type("exit");
            status
        }
    };
    let mut case = TestCase::new("exit", status);
    case.set_classname("run");
    let mut lines = vec![text(&closing::tested(report))];
    lines.extend(closing::excused(report));
    lines.extend(groups::entries(report).iter().map(|(_, names, remark)| text(&format!("{names}: {remark}"))));
    case.set_system_out(lines.join("\n"));
    let mut suite = suite("run", report);
    suite.add_test_case(case);
    suite
}

/// Text as XML 1.0 can hold it (section 2.2): no control characters, and not the two code points that are no characters.
fn text(text: &str) -> String {
    printable(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::super::tests::{every_verdict, excused, hostile, report, written};
    use super::*;

    #[test]
    fn every_verdict_has_its_place() {
        assert_snapshot!(written(&Junit, &report(every_verdict())));
    }

    #[test]
    fn what_is_excused_is_skipped_with_its_reason() {
        let xml = written(&Junit, &excused());
        assert!(xml.contains("<skipped message=\"known: ticket 7 (fail: expected 401"), "{xml}");
        assert!(
            xml.contains("<skipped message=\"known to be flaky: rate limit (inconclusive: the answer was 429"),
            "{xml}"
        );
        assert!(xml.contains("audience-missing: it passes now: take its entry out of known.toml"), "{xml}");
    }

    #[test]
    fn a_run_without_results_is_not_green() {
        let xml = written(&Junit, &report(Vec::new()));
        assert!(xml.contains("<error message=\"exit 3: nothing was tested\""), "{xml}");
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_the_xml_is_well_formed_and_has_the_same_shape(said in any::<String>()) {
            let xml = written(&Junit, &hostile(&said));
            let is_character = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(xml.chars().all(is_character), "{xml:?}");
            let read = quick_junit::Report::deserialize_from_str(&xml).map_err(|e| TestCaseError::fail(format!("{e}: {xml}")))?;
            let plain = written(&Junit, &hostile("x"));
            let plain = quick_junit::Report::deserialize_from_str(&plain).expect("it is well-formed");
            let shape = |report: &quick_junit::Report| -> Vec<(String, Vec<String>)> {
                let cases = |suite: &TestSuite| suite.test_cases.iter().map(|c| c.name.to_string()).collect();
                report.test_suites.iter().map(|suite| (suite.name.to_string(), cases(suite))).collect()
            };
            prop_assert_eq!(shape(&read), shape(&plain));
        }
    }
}
