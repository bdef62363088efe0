//! The suite's power: what it finds in each faulty server, and that it finds nothing in those that are right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::{catalogue, checks};
use serde_json::Value;
use support::fault::{self, Fault};
use support::oddity;

use crate::programs::{FAULTY_SERVER, Run, conformance, faulty_server, temporary, zone};

/// What is declared of the faulty server.
pub(crate) const DECLARATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/support/conformance.toml");

/// The tool that needs a scope.
const SCOPE: &str = "read_report=reports:read";

/// How many faults are tried at once: a run mostly waits.
const AT_ONCE: usize = 4;

/// What a fault came to: each check that did not pass, with its verdict and the revisions that it says so for.
type Findings = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn judge(fault: &Fault) -> Run {
    if fault.launched {
        return judge_launched(fault);
    }
    let zone = zone();
    let server = faulty_server(&zone, fault.name);
    let path = match fault.name {
        "lives-at-root" | "has-its-endpoint-at-root" | "serves-metadata-behind-slash" => "/",
        "lives-deep" => oddity::DEEP,
        _ => "/mcp",
    };
    let url = format!("{}{path}", server.said("MCP_SERVER_URL"));
    // Where no tool may be called, or none needs a scope, a scope of one is a contradiction, and so is what is declared of one.
    let said: &[&str] = match fault.name {
        "leaves-list-open" => &["--no-config"],
        "knows-no-scopes" => &["--config", DECLARATIONS],
        // It refuses every plain bearer token, of which the rest is about.
        "demands-dpop" => &["--config", DECLARATIONS, "--check", "dpop-required"],
        "implies-scopes" | "forgets-implied-scopes" => {
            &["--config", DECLARATIONS, "--tool-scope", SCOPE, "--scope-implies", "reports:write=reports:read"]
        }
        _ => &["--config", DECLARATIONS, "--tool-scope", SCOPE],
    };
    let authority = fault.tls.map(|_| {
        let path = temporary(&format!("matrix-{}.pem", fault.name));
        let pem = STANDARD.decode(server.said("CA")).expect("the server says it in base64");
        std::fs::write(&path, pem).expect("the file can be written");
        path.display().to_string()
    });
    let trust = authority.as_deref().map(|path| ["--ca-file", path]);
    let trust = trust.as_ref().map(<[_; 2]>::as_slice).unwrap_or_default();
    conformance(&[&["run", "--url", &url, "--zone", server.said("ZONE")], BOUNDS, trust, said].concat())
}

/// A server that the suite starts itself, and so knows the zone, the API that it calls and the log that it keeps.
fn judge_launched(fault: &Fault) -> Run {
    let log = format!("{}/{}-{}.jsonl", env!("CARGO_TARGET_TMPDIR"), fault.name, std::process::id());
    let command = format!("exec '{FAULTY_SERVER}' {}", fault.name);
    let log_to = format!("AUDIT_FILE={log}");
    let args = ["run", "--launch", &command, "--url", "http://127.0.0.1:0/mcp", "--env", &log_to];
    let knows = ["--server-audit", &log, "--tool-upstream", "fetch_upstream"];
    let run = conformance(&[&args[..], &knows, BOUNDS, &["--config", DECLARATIONS, "--tool-scope", SCOPE]].concat());
    let _ = std::fs::remove_file(&log);
    run
}

const BOUNDS: &[&str] = &[
    // Long enough for a server that does refetch, which takes milliseconds; the faults that never do wait it out.
    "--key-wait",
    "2",
    "--timeout",
    "4",
    "--report",
    "json",
];

/// The checks that passed, in one revision at least.
fn passed(report: &Value) -> BTreeSet<String> {
    let results = report["results"].as_array().into_iter().flatten();
    let passed = results.filter(|r| r["verdict"] == "pass").filter_map(|r| r["check"].as_str());
    passed.map(str::to_owned).collect()
}

fn findings(report: &Value) -> Findings {
    let mut findings = Findings::new();
    for result in report["results"].as_array().into_iter().flatten() {
        let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        // A server that runs already is not the suite's to start; those that it starts show what comes of that.
        let missing = result["missing"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_for_want_of_a_start =
            missing.iter().any(|need| ["launch", "upstream", "server-audit"].map(Value::from).contains(need));
        if !["pass", "not_applicable"].contains(&text("verdict").as_str()) && !is_for_want_of_a_start {
            let revisions = findings.entry(text("check")).or_default().entry(text("verdict")).or_default();
            if !text("revision").is_empty() {
                revisions.push(text("revision"));
            }
        }
    }
    findings
}

/// The report on each, several at a time.
fn all(faults: &[&'static Fault]) -> Vec<(&'static Fault, Value)> {
    let next = AtomicUsize::new(0);
    let judged = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = judge(fault).report();
                    judged.lock().unwrap().push((*fault, report));
                }
            });
        }
    });
    let mut judged = judged.into_inner().unwrap();
    judged.sort_by_key(|(fault, _)| faults.iter().position(|f| f.name == fault.name));
    judged
}

#[test]
fn nothing_is_found_in_a_server_without_a_fault() {
    let run = judge(&Fault::NONE);
    assert_eq!(findings(&run.report()), Findings::new(), "{}", run.stderr);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn each_fault_is_found_by_a_check_of_what_it_breaks() {
    let judged = all(fault::ALL);
    let matrix = listed(&judged);
    let mut covered = BTreeSet::new();
    let mut proven = BTreeSet::new();
    let mut missed = Vec::new();
    for (fault, report) in &judged {
        let findings = findings(report);
        let found_in = |id: &str| {
            findings.get(id).is_some_and(|v| v.keys().any(|v| ["fail", "warn", "info"].contains(&v.as_str())))
        };
        let finders: Vec<_> = checks::ALL.iter().filter(|c| found_in(c.meta().id)).collect();
        proven.extend(finders.iter().map(|c| c.meta().id));
        for id in fault.breaks {
            if finders.iter().any(|c| c.meta().requirements.contains(id)) {
                covered.insert(*id);
            } else {
                missed.push(format!("{} breaks {id}, and no check that names it found so", fault.name));
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "{matrix}");
    let unproven: Vec<_> = checks::ALL.iter().map(|c| c.meta().id).filter(|id| !proven.contains(id)).collect();
    assert_eq!(unproven, Vec::<&str>::new(), "checks that no fault makes fail:\n{matrix}");
    insta::assert_snapshot!("matrix", matrix);

    let counted: Vec<_> = covered
        .iter()
        .filter(|id| catalogue::find(id).is_some_and(catalogue::Requirement::counts_for_server))
        .collect();
    let covered_ids: String = covered.iter().map(|id| format!("{id}\n")).collect();
    insta::assert_snapshot!("covered", format!("{} of the server's requirements\n\n{covered_ids}", counted.len()));
}

/// Each server and what was found in it, a line each.
fn listed(judged: &[(&Fault, Value)]) -> String {
    let mut text = String::new();
    for (fault, report) in judged {
        let _ = writeln!(text, "{}", fault.name);
        for (check, verdicts) in &findings(report) {
            for (verdict, revisions) in verdicts {
                let _ = writeln!(text, "  {verdict:<12} {check}{}", one_revision_only(revisions));
            }
        }
    }
    text
}

#[test]
fn each_check_is_passed_by_a_server_of_ours_and_failed_by_none_that_is_right() {
    let judged = all(&[&[&Fault::NONE], oddity::RIGHT].concat());
    let found = listed(&judged[1..]);
    let failed = |report: &Value| findings(report).values().any(|verdicts| verdicts.contains_key("fail"));
    assert!(!judged.iter().any(|(_, report)| failed(report)), "{found}");

    let passed: BTreeSet<String> = judged.iter().flat_map(|(_, report)| passed(report)).collect();
    let never: Vec<_> = checks::ALL.iter().map(|c| c.meta().id).filter(|id| !passed.contains(*id)).collect();
    assert_eq!(never, Vec::<&str>::new(), "checks that no server of ours passes");
    insta::assert_snapshot!("oddities", found);
}

/// Both revisions are the rule; one alone is worth saying.
fn one_revision_only(revisions: &[String]) -> String {
    match revisions {
        [one] => format!(" [{one}]"),
        _ => String::new(),
    }
}
