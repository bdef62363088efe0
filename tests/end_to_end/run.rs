//! `conformance run`, `demo`, `list` and `explain` as people use them: what they print, what they exit with.

use std::time::{Duration, Instant};

use insta::{assert_snapshot, with_settings};
use serde_json::Value;
use support::oddity;
use support::process::Program;

use crate::matrix::DECLARATIONS;
use crate::programs::{CONFORMANCE, Watched, answer, conformance, faulty_server, zone};

/// What varies from run to run.
const VARYING: [(&str, &str); 2] = [(r"127\.0\.0\.1:\d+|localhost:\d+", "[host]"), (r"in \d+\.\d s", "in [time]")];

#[test]
fn the_demo_needs_nothing_and_finds_nothing() {
    let run = conformance(&["demo", "--report", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.report();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["target"]["revisions"], serde_json::json!(["2025-11-25", "2026-07-28"]));
    for verdict in ["fail", "warn", "info", "inconclusive", "error"] {
        assert_eq!(report["summary"]["verdicts"].get(verdict), None, "{}", run.stderr);
    }
    // The reference server has no tool of the kinds that a user would declare.
    let missing = report["summary"]["missing"].as_object().expect("an object");
    assert_eq!(missing.keys().collect::<Vec<_>>(), ["declared-behaviour"]);
}

#[test]
fn a_finding_says_what_was_expected_and_what_to_do() {
    let zone = zone();
    let server = faulty_server(&zone, "ignores-audience");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let run =
        conformance(&["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--check", "audience-other"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    with_settings!({ filters => VARYING }, { assert_snapshot!("finding", run.stdout) });
}

#[test]
fn with_a_url_alone_the_rest_is_listed_as_not_tested() {
    let zone = zone();
    let server = faulty_server(&zone, "none");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let run = conformance(&["run", "--url", &url]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    with_settings!({ filters => VARYING }, { assert_snapshot!("url_alone", run.stdout) });

    for need in ["scope-map", "declared-tool", "tls"] {
        let required = conformance(&["run", "--url", &url, "--require", need]);
        assert_eq!(required.code, Some(1), "{need}: {}", required.stdout);
    }
}

#[test]
fn a_must_that_was_not_tested_under_full_access_is_waived_by_name_or_not_at_all() {
    let zone = zone();
    let server = faulty_server(&zone, "leaves-list-open");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL")];
    let run = conformance(&access);
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    let waived =
        conformance(&[&access[..], &["--allow-untested", "declared-tool", "--allow-untested", "scope-map"]].concat());
    assert_eq!(waived.code, Some(0), "{}", waived.stdout);
    // What would have enabled them does.
    let named = conformance(&[&access[..], &["--tool", "whoami={}", "--tool", "read_report={}"]].concat());
    assert_eq!(named.code, Some(0), "{}", named.stdout);
}

/// Waivers do not help here: what cannot be told is not the same as what was not tested.
#[test]
fn no_server_that_is_open_to_anybody_gets_a_green_run() {
    let waivers = ["--allow-untested", "declared-tool", "--allow-untested", "scope-map"];
    let mut found = String::new();
    for server in oddity::OPEN {
        let zone = zone();
        let started = faulty_server(&zone, server.name);
        let url = format!("{}/mcp", started.said("MCP_SERVER_URL"));
        let zone_url = zone.said("KEYCARD_ZONE_URL");
        for (access, args) in [
            ("the URL alone", vec!["run", "--url", &url]),
            ("a zone", vec!["run", "--url", &url, "--zone", zone_url]),
            ("a tool that is named", vec!["run", "--url", &url, "--zone", zone_url, "--tool", "whoami={}"]),
        ] {
            let run = conformance(&[&args[..], &waivers].concat());
            let report =
                conformance(&[&args[..], &waivers, &["--check", "no-token", "--report", "json"]].concat()).report();
            let verdict = report["results"][0]["verdict"].as_str().unwrap_or_default().to_owned();
            assert!(matches!(run.code, Some(1 | 3)), "{} with {access}: {}", server.name, run.stdout);
            found.push_str(&format!("{} with {access}: exit {:?}, no-token {verdict}\n", server.name, run.code));
        }
    }
    assert_snapshot!("open_servers", found);
}

#[test]
fn a_server_that_refuses_good_tokens_too_proves_nothing() {
    for server in oddity::DOWN {
        let zone = zone();
        let started = faulty_server(&zone, server.name);
        let url = format!("{}/mcp", started.said("MCP_SERVER_URL"));
        let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--revision", "2025-11-25"];
        let checks = ["--check", "audience-other", "--check", "garbage-token", "--check", "scheme-letter-case"];
        let run = conformance(&[&access[..], &checks, &["--report", "json"]].concat());
        let report = run.report();
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        for result in report["results"].as_array().into_iter().flatten() {
            assert_eq!(result["verdict"], "inconclusive", "{result}");
        }
    }
}

/// One of two servers behind an address refuses everything: chance decides which of them refuses the bad token.
#[test]
fn a_server_that_refuses_its_good_tokens_at_times_proves_nothing_by_refusing() {
    for server in oddity::WAVERING {
        let zone = zone();
        let started = faulty_server(&zone, server.name);
        let url = format!("{}/mcp", started.said("MCP_SERVER_URL"));
        let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--revision", "2025-11-25"];
        let checks = ["audience-other", "audience-missing", "garbage-token", "unsigned-token", "scheme-letter-case"];
        let chosen = checks.map(|check| ["--check", check]).concat();
        let report = conformance(&[&access[..], &chosen, &["--report", "json"]].concat()).report();
        for result in report["results"].as_array().into_iter().flatten() {
            // That a token for somebody else was served stands.
            let is_hole = result["check"].as_str().is_some_and(|check| check.starts_with("audience-"));
            let served = is_hole && result["verdict"] == "fail";
            assert!(served || result["verdict"] == "inconclusive", "{result}");
        }
    }
}

/// What keeps programs out keeps no user out, who would get a page that is open to anybody.
#[test]
fn a_page_that_turns_the_suites_browser_away_proves_nothing() {
    for server in oddity::SHUT {
        let zone = zone();
        let started = faulty_server(&zone, server.name);
        let url = format!("{}/mcp", started.said("MCP_SERVER_URL"));
        let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--config", DECLARATIONS];
        let check = ["--check", "elicitation-url-signs-in", "--report", "json"];
        let report = conformance(&[&access[..], &check].concat()).report();
        let results = report["results"].as_array().expect("results");
        let judged = results.iter().filter(|result| result["verdict"] != "not_applicable");
        assert!(judged.clone().count() > 0 && judged.clone().all(|r| r["verdict"] == "inconclusive"), "{results:?}");
    }
}

#[test]
fn a_tool_that_cannot_be_called_is_an_error_and_not_a_reason_to_test_less() {
    let zone = zone();
    let server = faulty_server(&zone, "none");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    for tool in ["nosuch={}", "hello_world={}"] {
        let run = conformance(&["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--tool", tool]);
        assert_eq!(run.code, Some(3), "{tool}: {}", run.stdout);
        assert!(run.stderr.contains("with a token that the server accepts, the call got"), "{}", run.stderr);
    }
    let scoped = ["--tool-scope", "nosuch=reports:read"];
    let run = conformance(&[&["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL")][..], &scoped].concat());
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    assert!(run.stderr.contains("no tool of this name was called"), "{}", run.stderr);
}

#[test]
fn a_scope_that_only_a_step_up_challenge_names_is_learned_from_it() {
    let zone = zone();
    let server = faulty_server(&zone, "lists-no-scopes");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL")];
    let run = conformance(&[&access[..], &["--check", "scope-missing", "--report", "json"]].concat());
    let verdicts: Vec<_> =
        run.report()["results"].as_array().into_iter().flatten().map(|r| r["verdict"].clone()).collect();
    assert_eq!(verdicts, ["pass", "pass"], "{}", run.stderr);
}

#[test]
fn a_revision_that_the_suite_does_not_speak_is_named() {
    let zone = zone();
    let server = faulty_server(&zone, "negotiates-an-older-revision");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL")];
    let run = conformance(&[&access[..], &["--revision", "2025-11-25"]].concat());
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    assert!(run.stderr.contains("speaks \"2024-11-05\", and this suite 2025-03-26, 2025-06-18"), "{}", run.stderr);

    let other = conformance(&[&access[..], &["--check", "audience-other"]].concat());
    assert_eq!(other.code, Some(0), "{}", other.stderr);
    assert!(
        other.stdout.contains("not spoken: the revision \"2024-11-05\" in answer to initialize"),
        "{}",
        other.stdout
    );
}

#[test]
fn each_revision_that_is_spoken_is_tested_by_its_own_rules_and_one_alone_on_request() {
    let zone = zone();
    let server = faulty_server(&zone, "speaks-four-revisions");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--report", "json"];
    let checks = ["--check", "issuer-other", "--check", "session-missing", "--check", "challenge-names-metadata"];
    let revisions = |more: &[&str], check: &str| -> Vec<String> {
        let report = conformance(&[&access[..], &checks, more].concat()).report();
        let results = report["results"].as_array().cloned().unwrap_or_default().into_iter();
        let of_check = results.filter(|result| result["check"] == check);
        of_check.map(|result| result["revision"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let all = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
    // Its requirement came with 2025-06-18; sessions went with 2026-07-28; and one rule was that revision's alone.
    assert_eq!(revisions(&[], "issuer-other"), all[1..]);
    assert_eq!(revisions(&[], "session-missing"), all[..3]);
    assert_eq!(revisions(&[], "challenge-names-metadata"), all[1..2]);
    assert_eq!(revisions(&["--revision", "2025-03-26"], "session-missing"), all[..1]);
}

#[test]
fn no_token_is_in_any_report() {
    let zone = zone();
    let server = faulty_server(&zone, "echoes-token-in-body");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let run =
        conformance(&["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--verbose", "--report", "json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for (name, text) in [("standard output", &run.stdout), ("standard error", &run.stderr)] {
        // Every JWT begins so; the evidence is there, with names in place of tokens.
        assert!(!text.contains("eyJ"), "a token in {name}");
        assert!(text.contains("[tampered token]"), "{name} has no evidence");
    }
}

#[test]
fn a_zone_is_given_back_as_it_was_after_an_interruption() {
    let zone = zone();
    let server = faulty_server(&zone, "retries-for-ever");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let access = ["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL")];
    // The first publishes a key, the second takes the key set away and waits.
    let check = ["--check", "key-rotation", "--check", "jwks-outage-answer", "--timeout", "120"];
    let faults = |zone: &Program| answer(zone.said("KEYCARD_ZONE_URL"), "/_control/faults")["faults"].clone();
    let published = |zone: &Program| answer(zone.said("KEYCARD_ZONE_URL"), "/openidconnect/jwks")["keys"].clone();
    let keys = |zone: &Program| answer(zone.said("KEYCARD_ZONE_URL"), "/_control/keys")["keys"].clone();
    let (before, known) = (published(&zone), keys(&zone).as_array().map(Vec::len));
    let run = Watched::start(CONFORMANCE, &[&access[..], &check].concat());
    let until = Instant::now() + Duration::from_secs(60);
    while faults(&zone) == serde_json::json!([]) || keys(&zone).as_array().map(Vec::len) == known {
        assert!(Instant::now() < until, "the outage is begun");
    }
    run.signal("INT");
    assert_eq!(run.ended().status, "130");
    assert_eq!(faults(&zone), serde_json::json!([]));
    assert_eq!(published(&zone), before);
}

#[test]
fn what_cannot_be_tested_is_said_in_one_sentence() {
    let zone = zone();
    let zone_url = zone.said("KEYCARD_ZONE_URL");
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    let nobody = format!("http://{}/mcp", port.local_addr().expect("it has an address"));
    drop(port);
    for (args, code, expected) in [
        (vec!["run", "--url", &nobody], 3, "is the server running, and is"),
        (vec!["run", "--url", zone_url, "--zone", &nobody], 3, "is it running? (`mock-zone` starts one)"),
        (vec!["run", "--url", zone_url, "--check", "audience-othr"], 2, "did you mean audience-other?"),
        (vec!["run", "--url", "localhost:8080/mcp"], 2, "expected http or https"),
        (vec!["run", "--url", "http://u:p@h/mcp"], 2, "credentials in a URL are visible"),
        (vec!["run", "--url", "http://localhost:0/mcp"], 2, "port 0 picks a free port for --launch"),
        (vec!["run", "--url", zone_url, "--tool", "x"], 2, "expected NAME=JSON"),
        (vec!["run", "--url", zone_url, "--report", "json", "--report", "terminal"], 2, "only one may go there"),
        (vec!["run", "--url", zone_url, "--revision", "2024-11-05"], 2, "2025-11-25"),
        (vec!["run", "--url", zone_url, "--zone", zone_url, "--launch", "x"], 2, "cannot be used with"),
        (vec!["run", "--url", zone_url, "--env", "A=b"], 2, "--launch"),
        (
            vec!["run", "--url", zone_url, "--launch", "x", "--env", "A={zne}"],
            2,
            "{zne} is nothing that can be filled in",
        ),
        (vec!["run", "--url", zone_url, "--launch", " "], 2, "expected a command"),
        (vec!["run", "--url", zone_url, "--report", "json=/nonexistent/x.json"], 2, "could not write the report"),
        (vec!["explain", "audience-othr"], 2, "did you mean audience-other?"),
    ] {
        let run = conformance(&args);
        assert_eq!(run.code, Some(code), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{args:?}: {expected} in {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn every_check_is_listed_with_all_that_is_known_of_it() {
    let run = conformance(&["list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&run.stdout).expect("the list is JSON");
    let listed = listed.as_array().expect("it is an array");
    assert_eq!(listed.len(), conformance::checks::ALL.len());
    for check in listed {
        for member in ["id", "title", "level", "area"] {
            assert!(check[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {check}");
        }
        assert!(check["needs"].is_array(), "{check}");
        let requirements = check["requirements"].as_array().expect("there are requirements");
        assert!(!requirements.is_empty(), "{check}");
        for id in requirements {
            let id = id.as_str().unwrap_or_default();
            assert!(conformance::catalogue::find(id).is_some(), "{id} of {check} is in the catalogue");
        }
    }
}

#[test]
fn a_check_is_explained_by_its_page() {
    let run = conformance(&["explain", "audience-other"]);
    assert_eq!(run.code, Some(0));
    assert_snapshot!("explain", run.stdout);
}
