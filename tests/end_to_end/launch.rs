//! A launched server: started, judged, and gone, whatever becomes of the suite.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::programs::{CONFORMANCE, FAULTY_SERVER, PANICKING, REFERENCE_SERVER, Watched, conformance, temporary};

/// Far more than anything here takes; a test that waits in vain must fail and not hang.
const PATIENCE: Duration = Duration::from_secs(120);

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("there is a report");
    serde_json::from_str(&text).expect("the report is JSON")
}

/// Where launched servers tell of their start: a line each.
struct Starts {
    path: String,
    lines: mpsc::Receiver<String>,
}

impl Starts {
    fn at(name: &str) -> Self {
        let path = temporary(name);
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
        // Open for both, so that it has a reader before the first writer and no end after the last.
        let fifo = File::options().read(true).write(true).open(&path).expect("the pipe opens");
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || BufReader::new(fifo).lines().map_while(Result::ok).try_for_each(|l| tell.send(l)));
        Self { path: path.display().to_string(), lines }
    }

    /// A command that tells of its start and becomes this program.
    fn command(&self, program: &str) -> String {
        format!("echo started > '{}'; exec {program}", self.path)
    }

    fn wait_for(&self, starts: usize) {
        for _ in 0..starts {
            self.lines.recv_timeout(PATIENCE).expect("a server is started");
        }
    }
}

/// A run that waits for a server that never answers: the second server is that of the check, which is then under way.
fn in_the_middle_of_a_check(name: &str) -> (Watched, std::path::PathBuf) {
    let starts = Starts::at(&format!("{name}.pipe"));
    let report = temporary(&format!("{name}.json"));
    let command = starts.command(&format!("'{FAULTY_SERVER}' retries-for-ever"));
    let written = format!("json={}", report.display());
    let run = Watched::start(
        CONFORMANCE,
        &[
            "run",
            "--launch",
            &command,
            "--url",
            "http://127.0.0.1:0/mcp",
            "--check",
            "jwks-outage-answer",
            "--timeout",
            "120",
            "--report",
            &written,
        ],
    );
    starts.wait_for(2);
    (run, report)
}

#[test]
fn a_launched_server_is_judged_and_stopped() {
    let report = temporary("launched.json");
    let written = format!("json={}", report.display());
    let run = Watched::start(
        CONFORMANCE,
        &["run", "--launch", REFERENCE_SERVER, "--url", "http://localhost:0/mcp", "--report", &written],
    );
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("0", "0"), "{}", ended.output);
    let report = json(&report);
    assert_eq!(report["target"]["revisions"], serde_json::json!(["2025-11-25", "2026-07-28"]));
    assert_eq!(report["summary"]["areas_not_tested"], serde_json::json!([]));
}

#[test]
fn ctrl_c_ends_the_server_and_leaves_a_report() {
    let (run, report) = in_the_middle_of_a_check("ctrl-c");
    run.signal("INT");
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("130", "0"), "{}", ended.output);
    assert_eq!(json(&report)["summary"]["exit_status"], "interrupted");
}

#[test]
fn nothing_of_the_server_survives_a_kill_of_ours() {
    let (run, _) = in_the_middle_of_a_check("kill");
    run.signal("KILL");
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("signal 9", "0"), "{}", ended.output);
}

#[test]
fn nothing_of_the_server_survives_a_panic_of_ours() {
    let starts = Starts::at("panic.pipe");
    // The port is free, so that nobody can have taken it: the server says itself where it listens.
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    let port = listener.local_addr().expect("it has an address").port();
    drop(listener);
    let command = starts.command(&format!("env KEYCARD_ZONE_URL=http://localhost:1 PORT={port} '{REFERENCE_SERVER}'"));
    let run = Watched::start(PANICKING, &[&command, &format!("http://127.0.0.1:{port}/mcp")]);
    starts.wait_for(1);
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("101", "0"), "{}", ended.output);
}

#[test]
fn a_command_that_ends_at_once_is_quoted() {
    let run = conformance(&["run", "--launch", "echo no such module >&2; exit 7", "--url", "http://127.0.0.1:0/mcp"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    for part in ["the command ended with exit status: 7 before", "no such module"] {
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
}

#[test]
fn a_secret_that_a_command_prints_is_masked_and_a_run_without_results_leaves_no_report() {
    let report = temporary("none.json");
    let to_file = format!("json={}", report.display());
    let command = "echo \"secret=$KEYCARD_CLIENT_SECRET.\" >&2; exit 7";
    let run = conformance(&["run", "--launch", command, "--url", "http://127.0.0.1:0/mcp", "--report", &to_file]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(run.stderr.contains("secret=[client secret]."), "{}", run.stderr);
    assert!(!report.exists(), "{}", report.display());
}

#[test]
fn what_leaves_the_group_of_the_command_is_stopped_too() {
    let command = format!("setsid sleep 600 & setsid sh -c 'sleep 600 & sleep 600' & exec '{REFERENCE_SERVER}'");
    let run = Watched::start(
        CONFORMANCE,
        &["run", "--launch", &command, "--url", "http://127.0.0.1:0/mcp", "--check", "audience-other"],
    );
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("0", "0"), "{}", ended.output);
}

#[test]
fn a_command_that_never_listens_is_stopped() {
    let run = Watched::start(
        CONFORMANCE,
        &["run", "--launch", "sleep 600 & sleep 600", "--url", "http://127.0.0.1:0/mcp", "--launch-timeout", "1"],
    );
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("3", "0"), "{}", ended.output);
}

#[test]
fn somebody_elses_server_is_not_judged() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("it has an address"));
    let run = conformance(&["run", "--launch", REFERENCE_SERVER, "--url", &url]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("something listens at 127.0.0.1:"), "{}", run.stderr);
}

#[test]
fn a_launched_command_finds_what_the_guides_server_reads() {
    let written = temporary("environment.txt");
    let command = format!("env > '{}'; exit 1", written.display());
    let run = conformance(&[
        "run",
        "--launch",
        &command,
        "--url",
        "http://localhost:0/mcp",
        "--env",
        "API_BASE={upstream}v1",
        "--env",
        "PUBLIC_URL={url}",
    ]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let environment = std::fs::read_to_string(written).expect("the command has run");
    let value = |name: &str| {
        let line = environment.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {environment}")).to_owned()
    };
    let port = value("PORT");
    assert_ne!(port, "0");
    assert_eq!(value("MCP_SERVER_URL"), format!("http://localhost:{port}"));
    assert_eq!(value("PUBLIC_URL"), format!("http://localhost:{port}/mcp"));
    assert!(value("KEYCARD_ZONE_URL").starts_with("http://"));
    assert_eq!(value("API_BASE"), format!("{}v1", value("UPSTREAM_URL")));
    assert!(!value("KEYCARD_CLIENT_ID").is_empty());
    let secret = value("KEYCARD_CLIENT_SECRET");
    assert!(secret.len() >= 16);
    assert!(!run.stderr.contains(&secret) && !run.stdout.contains(&secret));
}
