//! The program's own words: its help, and how it refuses to start.

use std::net::TcpListener;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mock-zone"))
        .args(arguments)
        .env_remove("MOCK_ZONE_CONTROL_TOKEN")
        .output()
        .unwrap()
}

/// What a run that must fail with `code` says on standard error.
fn complaint(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(output.stdout.is_empty(), "a program that does not serve prints nothing for scripts");
    said
}

#[test]
fn the_help_explains_every_flag() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();

    for flag in [
        "--port",
        "--issuer",
        "--bind",
        "--allow-host",
        "--auto-sign-in",
        "--requires-invitation",
        "--identifier-first",
        "--control-token",
        "MOCK_ZONE_CONTROL_TOKEN",
        "--no-control",
        "--resource",
        "--signing-alg",
        "--log",
        "--version",
        "for tests only",
        "alice@example.com",
        "Exit codes",
        "9400",
    ] {
        assert!(help.contains(flag), "{flag} in {help}");
    }
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let said = complaint(&["--port", &port], 1);

    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&format!("port {port} on 127.0.0.1 is in use")), "{said}");
}

#[test]
fn an_issuer_that_cannot_be_used_is_said_in_one_line_without_its_password() {
    for issuer in [
        "nonsense",
        "http://localhost:9400/",
        "http://localhost:9400/zone",
        "https://user:hunter2@zone",
        "user:hunter2@zone",
    ] {
        let said = complaint(&["--port", "0", "--issuer", issuer], 2);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("--issuer") && said.contains("the issuer"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_flag_that_does_not_exist_is_named_in_the_first_line() {
    let said = complaint(&["--isuer", "http://localhost"], 2);

    assert!(said.lines().next().unwrap().contains("--isuer"), "{said}");
    assert!(said.contains("--issuer"), "{said}");
}

#[test]
fn what_contradicts_itself_does_not_start() {
    let said = complaint(&["--port", "0", "--auto-sign-in", "nobody@example.com"], 2);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("nobody@example.com"), "{said}");

    let said = complaint(&["--port", "0", "--bind", "0.0.0.0"], 2);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("MOCK_ZONE_CONTROL_TOKEN"), "{said}");
}
