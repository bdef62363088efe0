//! Known failures, flaky checks and required parts: what a run comes to by what was said of it beforehand.

use support::process::Program;

use crate::programs::{Run, conformance, faulty_server, zone};

/// A server that ignores the audience, its zone, and runs against it with a baseline of this text.
struct Journey {
    zone: Program,
    server: Program,
    folder: std::path::PathBuf,
}

impl Journey {
    fn begin(name: &str, fault: &str) -> Self {
        let zone = zone();
        let server = faulty_server(&zone, fault);
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("judgement-{name}"));
        std::fs::create_dir_all(&folder).expect("a folder for the baseline");
        Self { zone, server, folder }
    }

    fn run(&self, baseline: &str, args: &[&str]) -> Run {
        let file = self.folder.join("known.toml");
        std::fs::write(&file, baseline).expect("the baseline is written");
        let url = format!("{}/mcp", self.server.said("MCP_SERVER_URL"));
        let zone = self.zone.said("KEYCARD_ZONE_URL");
        let file = file.display().to_string();
        conformance(&[&["run", "--url", &url, "--zone", zone, "--baseline", &file][..], args].concat())
    }
}

const KNOWN: &str = "[[known]]\ncheck = \"audience-other\"\nreason = \"ticket 7\"\n";
const OTHER: [&str; 2] = ["--check", "audience-other"];

#[test]
fn a_known_failure_does_not_fail_the_run_and_is_told_with_its_reason() {
    let journey = Journey::begin("known", "ignores-audience");
    let known = journey.run(KNOWN, &OTHER);
    assert_eq!(known.code, Some(0), "{}\n{}", known.stdout, known.stderr);
    assert!(known.stdout.contains("known, by the baseline") && known.stdout.contains("ticket 7"), "{}", known.stdout);

    let expired = journey.run(&format!("{KNOWN}expires = 2020-01-31\n"), &OTHER);
    assert_eq!(expired.code, Some(1), "{}", expired.stdout);
    assert!(expired.stdout.contains("✗ EXPIRED audience-other"), "{}", expired.stdout);

    // What is new can be pasted, and is known from then on.
    let new = journey.run("", &OTHER);
    assert_eq!(new.code, Some(1), "{}", new.stdout);
    let (_, entry) = new.stdout.split_once("with its reason:\n").expect("there is an entry to paste");
    let entry: String = entry
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(|l| format!("{l}\n"))
        .collect();
    let unreasoned = journey.run(&entry, &OTHER);
    assert_eq!(unreasoned.code, Some(2), "{}", unreasoned.stderr);
    assert!(unreasoned.stderr.contains("a reason is wanted"), "{}", unreasoned.stderr);
    let reasoned = journey.run(&entry.replace("\"\"", "\"ticket 8\""), &OTHER);
    assert_eq!(reasoned.code, Some(0), "{}\n{}", reasoned.stdout, reasoned.stderr);
}

#[test]
fn an_entry_whose_check_passes_fails_the_run_and_one_that_was_not_run_does_not() {
    let journey = Journey::begin("stale", "none");
    let stale = journey.run(KNOWN, &OTHER);
    assert_eq!(stale.code, Some(1), "{}", stale.stdout);
    assert!(stale.stdout.contains("✗ STALE audience-other: it passes now"), "{}", stale.stdout);

    let not_run = journey.run(KNOWN, &["--check", "no-token"]);
    assert_eq!(not_run.code, Some(0), "{}", not_run.stdout);
    assert!(
        not_run.stdout.contains("it was not run, so its entry is neither confirmed nor stale"),
        "{}",
        not_run.stdout
    );

    let one_revision = journey.run(KNOWN, &["--check", "audience-other", "--revision", "2025-11-25"]);
    assert_eq!(one_revision.code, Some(0), "{}", one_revision.stdout);
}

#[test]
fn a_flaky_check_is_shown_and_decides_nothing() {
    let journey = Journey::begin("flaky", "ignores-audience");
    let run = journey
        .run("", &["--check", "audience-other", "--check", "no-token", "--known-flaky", "audience-other=a proxy"]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("known to be flaky") && run.stdout.contains("a proxy"), "{}", run.stdout);
    let alone = journey.run("", &["--check", "audience-other", "--known-flaky", "audience-other"]);
    assert_eq!(alone.code, Some(3), "nothing that decides was tested: {}", alone.stdout);
}

#[test]
fn what_is_said_beforehand_and_cannot_be_is_refused() {
    let journey = Journey::begin("usage", "none");
    for (baseline, args, expected) in [
        ("[[known]]\ncheck = 'audience-othr'\nreason = 'x'", vec![], "did you mean audience-other?"),
        ("[[known]]\nchek = 'audience-other'\nreason = 'x'", vec![], "did you mean `check`?"),
        ("", vec!["--require", "audiense"], "did you mean audience?"),
        ("", vec!["--require", "scope-map", "--allow-untested", "scope-map"], "contradict each other"),
        ("", vec!["--known-flaky", "audience-othr"], "did you mean audience-other?"),
        ("", vec!["--known-flaky", "audience-other", "--require", "audience-other"], "decides nothing"),
        (KNOWN, vec!["--known-flaky", "audience-other"], "could never be stale"),
    ] {
        let run = journey.run(baseline, &args);
        assert_eq!(run.code, Some(2), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{expected} in {}", run.stderr);
    }
    let url = format!("{}/mcp", journey.server.said("MCP_SERVER_URL"));
    let absent = conformance(&["run", "--url", &url, "--baseline", "/nonexistent/known.toml"]);
    assert_eq!(absent.code, Some(2), "{}", absent.stderr);
}

#[test]
fn a_part_that_was_not_tested_fails_the_run_that_requires_it() {
    let journey = Journey::begin("require", "none");
    let url = format!("{}/mcp", journey.server.said("MCP_SERVER_URL"));
    for part in ["must", "keys", "audience-other"] {
        let run = conformance(&["run", "--url", &url, "--require", part]);
        assert_eq!(run.code, Some(1), "{part}: {}", run.stdout);
        assert!(run.stdout.contains(&format!("of what --require {part} asks for")), "{part}: {}", run.stdout);
    }
    let run = journey.run("", &["--check", "audience-other", "--require", "audience"]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
}
