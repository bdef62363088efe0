//! One valid token where no zone is controlled: given in each way, signed in for, refused, and run out.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use axum::Router;
use serde_json::{Value, json};
use support::oddity;
use support::process::Program;
use url::Url;

use crate::programs::{
    CONFORMANCE, Run, Watched, answer, conformance, conformance_in, faulty_server, posted, sent, temporary, zone,
    zone_with,
};

/// Seconds since 1970.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("the clock is right").as_secs()).expect("it is this century")
}

/// A zone, a server that trusts it, and where that is.
struct Place {
    zone: Program,
    _server: Program,
    url: String,
}

impl Place {
    fn with(fault: &str) -> Self {
        Self::of(zone(), fault)
    }

    fn of(zone: Program, fault: &str) -> Self {
        let server = faulty_server(&zone, fault);
        let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
        let place = Self { zone, _server: server, url };
        place.control("/resources", &json!({"identifier": place.url, "name": "Server under test"}));
        place
    }

    fn control(&self, path: &str, body: &Value) -> Value {
        posted(self.zone.said("KEYCARD_ZONE_URL"), &format!("/_control{path}"), body)
    }

    /// A token as the zone issues it, but for these claims.
    fn token(&self, claims: &Value) -> String {
        let wanted = json!({
            "defaults": true, "user": "alice@example.com", "resource": self.url, "scope": "reports:read", "claims": claims,
        });
        self.control("/tokens", &wanted)["token"].as_str().expect("the zone mints").to_owned()
    }
}

fn written(name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = temporary(name);
    std::fs::write(&path, bytes).expect("the file can be written");
    path
}

/// A command that prints a file of these in turn, the last one again and again, and keeps count.
struct Tokens {
    command: String,
    count: PathBuf,
}

impl Tokens {
    fn new(name: &str, tokens: &[String]) -> Self {
        for (number, token) in (1..).zip(tokens) {
            written(&format!("{name}.{number}"), token);
        }
        let count = temporary(&format!("{name}.count"));
        let prefix = temporary(name);
        let (counted, prefix, last) = (count.display(), prefix.display(), tokens.len());
        let command = format!(
            "echo x >> '{counted}'; n=$(wc -l < '{counted}'); [ $n -gt {last} ] && n={last}; cat '{prefix}'.$((n))"
        );
        Self { command, count }
    }

    /// How often the command was run.
    fn asked(&self) -> usize {
        std::fs::read_to_string(&self.count).expect("the command was run").lines().count()
    }
}

fn verdicts(run: &Run) -> Value {
    run.report()["summary"]["verdicts"].clone()
}

/// Of every check in every revision that was selected.
fn verdict_of(run: &Run, check: &str) -> Vec<String> {
    let report = run.report();
    let results = report["results"].as_array().expect("there are results").iter();
    let of_check = results.filter(|r| r["check"] == check);
    of_check.map(|r| r["verdict"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Nothing that was printed has a JWT in it, or one of these.
fn assert_secretless(run: &Run, secrets: &[&str]) {
    for (name, text) in [("standard output", &run.stdout), ("standard error", &run.stderr)] {
        for secret in secrets.iter().chain(&["eyJ"]) {
            assert!(!text.contains(secret), "{secret} in {name}: {text}");
        }
    }
}

#[test]
fn one_token_is_enough_for_all_that_needs_no_zone_in_whatever_way_it_is_given() {
    let place = Place::with("none");
    let token = place.token(&json!({}));
    let file = written("access-good", format!("  {token}\n"));
    let command = format!("echo noise >&2; cat '{}'", file.display());
    let base = ["run", "--url", &place.url, "--report", "json", "--verbose"];
    let path = file.display().to_string();
    let mut came = Vec::new();
    for (env, args) in [
        (vec![], vec!["--token-file", &path]),
        (vec![], vec!["--token-command", &command]),
        (vec![("CONFORMANCE_TOKEN", token.as_str())], vec![]),
    ] {
        let run = conformance_in(&env, &[&base[..], &args].concat());
        assert_eq!(run.code, Some(0), "{args:?}: {}", run.stderr);
        assert_secretless(&run, &[]);
        assert!(!run.stderr.contains("noise"), "what a command that did well complains of is its own business");
        let report = run.report();
        assert!(report["target"]["access"].as_array().is_some_and(|a| a.contains(&json!("valid-token"))), "{report}");
        let counts = verdicts(&run);
        for verdict in ["fail", "warn", "info", "inconclusive", "error"] {
            assert_eq!(counts.get(verdict), None, "{args:?}: {counts}");
        }
        // Nothing is left untested for want of a token, and nothing is claimed that only a zone could show.
        assert_eq!(report["summary"]["missing"].get("valid-token"), None, "{args:?}");
        for check in ["tampered-claims", "foreign-signature", "public-key-as-secret", "second-zone-token", "no-token"] {
            assert!(verdict_of(&run, check).iter().all(|v| v == "pass"), "{check}: {}", run.stderr);
        }
        for check in ["audience-other", "scope-missing", "expired-token", "key-rotation"] {
            assert!(verdict_of(&run, check).iter().all(|v| v == "not_tested"), "{check}: {}", run.stderr);
        }
        assert!(run.stderr.contains("enable with --zone URL"), "{}", run.stderr);
        came.push(counts);
    }
    assert!(came.iter().all(|counts| *counts == came[0]), "{came:?}");
}

#[test]
fn what_only_needs_a_token_finds_what_it_is_there_to_find() {
    let place = Place::with("ignores-signature");
    let path = written("access-finding", place.token(&json!({}))).display().to_string();
    let command = format!("cat '{path}'");
    let base = ["run", "--url", &place.url, "--check", "tampered-claims"];
    for (args, rerun) in [
        (["--token-file", &path], format!(" --token-file {path} --check tampered-claims")),
        (["--token-command", &command], format!(" --token-command 'cat '\\''{path}'\\''' --check tampered-claims")),
    ] {
        let run = conformance(&[&base[..], &args].concat());
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stdout.contains(&format!("conformance run --url {}{rerun}", place.url)), "{rerun}: {}", run.stdout);
    }
    let token = std::fs::read_to_string(&path).expect("it is there");
    let run = conformance_in(&[("CONFORMANCE_TOKEN", &token)], &base);
    let rerun = format!("conformance run --url {} --check tampered-claims", place.url);
    assert!(run.stdout.contains(&rerun), "{}", run.stdout);
}

#[test]
fn a_token_that_is_refused_proves_nothing_and_the_report_says_how() {
    let place = Place::with("none");
    for (name, token, expected) in [
        ("expired", place.token(&json!({"exp": 1_000_000_000})), "it expired at 2001-09-09T01:46:40Z"),
        ("other", place.token(&json!({"aud": "https://other.example/mcp"})), "aud \"https://other.example/mcp\""),
        ("garbage", "not-a-token-at-all".to_owned(), "got 401 Unauthorized (2025-11-25)"),
    ] {
        let path = written(&format!("access-{name}"), &token).display().to_string();
        let args = ["run", "--url", &place.url, "--token-file", &path];
        let run = conformance(&args);
        assert_eq!(run.code, Some(3), "{name}: {}", run.stdout);
        assert_secretless(&run, &[&token]);
        let said = "no token was accepted: the token of --token-file got 401 Unauthorized";
        for part in [said, expected] {
            assert!(run.stdout.contains(part), "{name}: {part} in {}", run.stdout);
        }
        // It has been given one; and what tools there are, an option would not show.
        for option in ["--token-command", "--login", "--tool-scope", "enable with --tool"] {
            assert!(!run.stdout.contains(option), "{name}: {option} in {}", run.stdout);
        }
        let counts = verdicts(&conformance(&[&args[..], &["--report", "json"]].concat()));
        assert_eq!((counts.get("fail"), counts.get("warn")), (None, None), "{name}: {counts}");

        let required = conformance(&[&args[..], &["--check", "metadata-status", "--require", "scope-map"]].concat());
        assert_eq!(required.code, Some(1), "{name}: {}", required.stdout);
        assert!(required.stdout.contains("does not have: no token was accepted"), "{name}: {}", required.stdout);
    }
}

#[test]
fn a_zone_whose_tokens_are_refused_is_not_told_to_name_tools_and_scopes() {
    let (place, stranger) = (Place::with("none"), zone());
    let run = conformance(&["run", "--url", &place.url, "--zone", stranger.said("KEYCARD_ZONE_URL")]);
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    assert!(run.stdout.contains("no token was accepted: a token of "), "{}", run.stdout);
    assert!(!run.stdout.contains("enable with"), "{}", run.stdout);
}

#[test]
fn an_opaque_token_is_a_token_and_what_takes_one_apart_does_not_apply() {
    let place = Place::with("takes-a-word");
    let path = written("access-opaque", oddity::WORD).display().to_string();
    let run = conformance(&["run", "--url", &place.url, "--token-file", &path, "--report", "json", "--verbose"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_secretless(&run, &[oddity::WORD, "that_says"]);
    for check in ["tampered-claims", "unsigned-token", "foreign-signature", "public-key-as-secret", "weak-secret"] {
        assert_eq!(verdict_of(&run, check), ["not_applicable", "not_applicable"], "{check}");
    }
    for check in ["garbage-token", "scheme-letter-case", "token-in-query", "after-authentication", "token-echo"] {
        assert_eq!(verdict_of(&run, check), ["pass", "pass"], "{check}");
    }
    assert!(run.stderr.contains("the accepted token is opaque to the suite"), "{}", run.stderr);
}

#[test]
fn a_tool_that_the_token_may_not_call_is_named() {
    let place = Place::with("none");
    let path = written("access-scopeless", place.token(&json!({"scope": null}))).display().to_string();
    let args = ["run", "--url", &place.url, "--token-file", &path];
    let run = conformance(&args);
    assert_eq!(run.code, Some(0), "the tools that it may call bear the checks: {}", run.stdout);
    let named = conformance(&[&args[..], &["--tool", "read_report={}"]].concat());
    assert_eq!(named.code, Some(3), "{}", named.stdout);
    assert!(named.stderr.contains("--tool read_report=…: with a token that the server accepts"), "{}", named.stderr);
}

#[test]
fn a_scope_that_is_declared_shows_nothing_with_one_token_that_has_it() {
    let place = Place::with("ignores-scopes");
    let path = written("access-scoped", place.token(&json!({}))).display().to_string();
    let scoped = ["--tool-scope", "read_report=reports:read"];
    let args = [&["run", "--url", &place.url, "--token-file", &path, "--report", "json"][..], &scoped].concat();
    let run = conformance(&args);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(verdict_of(&run, "scope-missing"), ["not_tested", "not_tested"]);
    assert_eq!(run.report()["summary"]["missing"].get("scope-map"), None, "it was given");
}

#[test]
fn a_token_that_was_revoked_in_the_middle_of_a_run_is_replaced_once() {
    let refusals = ["--check", "garbage-token", "--check", "unsigned-token", "--check", "foreign-signature"];
    for server in oddity::REVOKING {
        let place = Place::with(server.name);
        let tokens = [place.token(&json!({})), place.token(&json!({}))];
        let command = Tokens::new("access-revoked", &tokens);
        let run =
            conformance(&[&["run", "--url", &place.url, "--token-command", &command.command][..], &refusals].concat());
        assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
        assert_eq!(command.asked(), 2);
        assert_secretless(&run, &[]);

        // A second server, since the first one has revoked what it revokes.
        let place = Place::with(server.name);
        let token = place.token(&json!({}));
        let run =
            conformance_in(&[("CONFORMANCE_TOKEN", &token)], &[&["run", "--url", &place.url][..], &refusals].concat());
        assert_eq!(run.code, Some(3), "{}", run.stdout);
        assert!(run.stdout.contains("there is no fresh one: CONFORMANCE_TOKEN holds one token"), "{}", run.stdout);
        assert!(!run.stdout.contains("✗ FAIL"), "{}", run.stdout);
    }
}

#[test]
fn a_server_that_refuses_fresh_tokens_too_is_asked_with_one_and_no_more() {
    for server in oddity::DOWN {
        let place = Place::with(server.name);
        let tokens: Vec<_> = (0..4).map(|_| place.token(&json!({}))).collect();
        let command = Tokens::new(&format!("access-{}", server.name), &tokens);
        let checks = ["--check", "garbage-token", "--check", "unsigned-token", "--check", "tampered-claims"];
        // The tool that this server gives up on.
        let tool = ["--tool", "whoami={}", "--tool-scope", "read_report=reports:read"];
        let base = ["run", "--url", &place.url, "--token-command", &command.command];
        let run = conformance(&[&base[..], &checks, &tool].concat());
        assert_eq!(run.code, Some(3), "{}\n{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("and a fresh one of --token-command got 401"), "{}", run.stdout);
        assert_eq!(command.asked(), 2, "{}", run.stdout);
    }
}

/// The server's leeway is what makes this a matter of no time at all.
#[test]
fn a_token_that_runs_out_is_replaced_where_it_can_be_and_else_proves_nothing() {
    let place = Place::with("accepts-recently-expired");
    let (ended, fresh) = (place.token(&json!({"exp": now() - 60})), place.token(&json!({})));
    let checks = ["--check", "garbage-token", "--check", "tampered-claims"];
    let base = [&["run", "--url", &place.url][..], &checks].concat();

    let command = Tokens::new("access-ended", &[ended.clone(), fresh]);
    let run = conformance(&[&base[..], &["--token-command", &command.command]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert_eq!(command.asked(), 2);

    let run = conformance_in(&[("CONFORMANCE_TOKEN", &ended)], &base);
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    assert!(run.stdout.contains("had run out when the check ended"), "{}", run.stdout);

    let soon = place.token(&json!({"exp": now() + 100}));
    let run = conformance_in(&[("CONFORMANCE_TOKEN", &soon)], &base);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.stderr.contains("note: the token of CONFORMANCE_TOKEN ends in "), "{}", run.stderr);
}

#[test]
fn what_is_no_token_is_said_before_anything_is_sent() {
    let nobody = "http://127.0.0.1:1/mcp";
    let file = |name: &str, bytes: &[u8]| written(&format!("access-bad-{name}"), bytes).display().to_string();
    let (good, directory) = (file("good", b"abcdefgh-secret"), env!("CARGO_TARGET_TMPDIR").to_owned());
    let missing = temporary("access-bad-missing").display().to_string();
    for (env, args, expected) in [
        (vec![], vec!["--token-file", &missing], "could not be read"),
        (vec![], vec!["--token-file", &directory], "it is no regular file"),
        (vec![], vec!["--token-file", "/dev/zero"], "it is no regular file"),
        (vec![], vec!["--token-file", &file("empty", b" \n")], "the file is empty"),
        (vec![], vec!["--token-file", &file("lines", b"abcdefgh-1\nabcdefgh-2\n")], "the file is of several lines"),
        (vec![], vec!["--token-file", &file("binary", b"\xff\xfe\x00abcdefgh")], "the file is not UTF-8 text"),
        (vec![], vec!["--token-file", &file("large", &[b'a'; 100_000])], "the file is larger than 16 KiB"),
        (vec![], vec!["--token-file", &file("json", b"{\"access_token\":\"x\"}")], "jq -r .access_token"),
        (vec![], vec!["--token-file", &file("scheme", b"Bearer abcdefgh-secret")], "leave out the word Bearer"),
        (vec![], vec!["--token-file", &file("short", b"abc")], "shorter than 8 characters"),
        (vec![("CONFORMANCE_TOKEN", "")], vec![], "the variable CONFORMANCE_TOKEN is empty"),
        (vec![("CONFORMANCE_TOKEN", "abcdefgh secret")], vec![], "of characters that no bearer token has"),
        (vec![("CONFORMANCE_TOKEN", "abcdefgh")], vec!["--token-file", &good], "unset the one"),
        (vec![("CONFORMANCE_TOKEN", "abcdefgh")], vec!["--login"], "unset the one"),
        (vec![("CONFORMANCE_TOKEN", "abcdefgh")], vec!["--token-command", "echo x"], "unset the one"),
        (vec![], vec!["--token", "abcdefgh-secret"], "--token-file PATH, --token-command COMMAND or the variable"),
        (vec![], vec!["--token=abcdefgh-secret"], "visible to everybody in `ps`"),
        (vec![], vec!["--token"], "visible to everybody in `ps`"),
        (vec![], vec!["--token-file", &good, "--token-command", "x"], "cannot be used with"),
        (vec![], vec!["--token-file", &good, "--login"], "cannot be used with"),
        (vec![], vec!["--token-command", "x", "--login-url-only"], "cannot be used with"),
        (vec![], vec!["--token-file", &good, "--zone", nobody], "cannot be used with"),
        (vec![], vec!["--token-command", "x", "--launch", "x"], "cannot be used with"),
        (vec![], vec!["--login", "--zone", nobody], "cannot be used with"),
        (vec![], vec!["--login-url-only", "--launch", "x"], "cannot be used with"),
        (vec![], vec!["--token-command", " "], "expected a command that prints a token"),
        (vec![], vec!["--client-id", "x"], "--client-id is for --login"),
        (vec![], vec!["--login-timeout", "9"], "--login-timeout is for --login"),
        (vec![], vec!["--login", "--login-timeout", "0"], "0 is not in 1..=3600"),
        (vec![], vec!["--login", "--client-id", "\u{e4}"], "visible ASCII"),
        (vec![("CONFORMANCE_CLIENT_SECRET", "abcdefgh-secret")], vec!["--login"], "no --client-id says whose"),
        (
            vec![("CONFORMANCE_CLIENT_SECRET", " ")],
            vec!["--login", "--client-id", "x", "--issuer", "https://as.example"],
            "CLIENT_SECRET is empty",
        ),
        (
            vec![("CONFORMANCE_CLIENT_SECRET", "abcdefgh-secret")],
            vec!["--login", "--client-id", "x"],
            "only --issuer URL says which",
        ),
        (vec![], vec!["--issuer", "https://as.example"], "--issuer is for --login"),
        (vec![], vec!["--login", "--issuer", "as.example"], "expected the issuer's URL"),
    ] {
        let run = conformance_in(&env, &[&["run", "--url", nobody][..], &args].concat());
        assert_eq!(run.code, Some(2), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{args:?}: {expected} in {}", run.stderr);
        assert_secretless(&run, &["abcdefgh"]);
        assert!(!run.stderr.contains("panicked"), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_command_that_gives_no_token_is_shown_with_what_it_complained_of() {
    let nobody = "http://127.0.0.1:1/mcp";
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.";
    for (command, expected) in [
        (
            "echo 'no \u{1b}[31mvault' >&2; exit 7".to_owned(),
            "exit status: 7; it wrote to standard error:\n    no \\u{1b}[31mvault",
        ),
        (format!("echo printed-secret; echo 'got printed-secret {jwt}' >&2; exit 1"), "got [output] [token]"),
        ("true".to_owned(), "its output is empty; it wrote nothing to standard error"),
        ("echo abcdefgh-1; echo abcdefgh-2".to_owned(), "its output is of several lines"),
        ("yes abcdefgh".to_owned(), "its output is larger than 16 KiB"),
        ("no-such-program-at-all".to_owned(), "exit status: 127"),
    ] {
        let run = conformance(&["run", "--url", nobody, "--token-command", &command]);
        assert_eq!(run.code, Some(3), "{command}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: --token-command: "), "{command}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{command}: {expected} in {}", run.stderr);
        assert_secretless(&run, &["printed-secret", "abcdefgh-"]);
    }
}

#[test]
fn nothing_of_a_command_is_left_running() {
    let nobody = "http://127.0.0.1:1/mcp";
    // One that leaves its group, and one that leaves a child which holds the output open.
    for command in ["setsid sleep 1000 & echo abcdefgh-token", "sleep 1000 & echo abcdefgh-token"] {
        let run = Watched::start(CONFORMANCE, &["run", "--url", nobody, "--token-command", command]).ended();
        assert_eq!(run.status, "3", "{}", run.output);
        assert_eq!(run.survivors, "0", "{command}: {}", run.output);
    }
}

#[test]
fn the_variable_is_ignored_with_a_note_where_a_zone_mints() {
    let place = Place::with("none");
    let args =
        ["run", "--url", &place.url, "--zone", place.zone.said("KEYCARD_ZONE_URL"), "--check", "tampered-claims"];
    let run = conformance_in(&[("CONFORMANCE_TOKEN", "abcdefgh-secret")], &args);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("note: CONFORMANCE_TOKEN is ignored, since --zone"), "{}", run.stderr);
    assert_secretless(&run, &["abcdefgh"]);
}

/// A run that waits for its user to sign in.
struct SigningIn {
    run: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
    /// Where the user is sent.
    address: Url,
}

impl SigningIn {
    fn begin(place: &Place, env: &[(&str, &str)], args: &[&str]) -> Self {
        let mut run = Self::start(&place.url, env, args);
        run.address = run.wait_for(|line| Url::parse(line).ok().filter(Url::has_host));
        run
    }

    fn start(url: &str, env: &[(&str, &str)], args: &[&str]) -> Self {
        let mut command = Command::new(CONFORMANCE);
        command.args(["run", "--url", url]).args(args).envs(env.iter().copied());
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"] {
            command.env_remove(name);
        }
        let mut run = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the suite starts");
        let stderr = BufReader::new(run.stderr.take().expect("it is piped"));
        Self { run, stderr, said: String::new(), address: Url::parse("http://nowhere").expect("it is a URL") }
    }

    /// Reads what the run says until a line has what is wanted.
    fn wait_for<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> T {
        loop {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).expect("it is text");
            assert!(read > 0, "the run ended before it said so: {}", self.said);
            self.said.push_str(&line);
            if let Some(found) = wanted(line.trim()) {
                return found;
            }
        }
    }

    fn parameter(&self, name: &str) -> String {
        let found = self.address.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        found.unwrap_or_else(|| panic!("no {name} in {}", self.address))
    }

    /// The browser comes back with these parameters beside the state.
    fn answer(&self, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut url = Url::parse(&self.parameter("redirect_uri")).expect("it is a URL");
        url.query_pairs_mut().append_pair("state", &self.parameter("state")).extend_pairs(parameters);
        let (head, page) = sent(|client| client.get(url));
        (head.status, page)
    }

    fn ended(self) -> Run {
        // Both at once: the run would wait for whoever reads the other one.
        let (mut stderr, mut said) = (self.stderr, self.said);
        let rest = std::thread::spawn(move || stderr.read_to_string(&mut said).map(|_| said));
        let output = self.run.wait_with_output().expect("it ends");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = rest.join().expect("it is read").expect("it is text");
        Run { code: output.status.code(), stdout, stderr }
    }
}

/// What a browser does: it follows redirects and keeps cookies, fills in the zone's form where one comes, and allows
/// what the zone asks it to.
fn browse(start: &Url, email: &str, password: &str) -> (Url, String) {
    let (mut at, mut cookies, mut form) = (start.clone(), Vec::new(), None::<Vec<(String, String)>>);
    for _ in 0..10 {
        let cookie: String = cookies.join("; ");
        let (head, page) = sent(|client| {
            let request = match form.take() {
                Some(fields) => client.post(at.clone()).form(&fields),
                None => client.get(at.clone()),
            };
            if cookie.is_empty() { request } else { request.header("cookie", cookie) }
        });
        let set = head.text("set-cookie").split(';').next().unwrap_or_default().to_owned();
        cookies.extend(Some(set).filter(|set| !set.is_empty()));
        if (300..400).contains(&head.status) {
            at = at.join(head.text("location")).expect("it is a URL");
        } else if let Some((_, rest)) = page.split_once("name=\"form_token\" value=\"") {
            let token = rest.split('"').next().unwrap_or_default();
            let fields = if page.contains("name=\"password\"") {
                vec![("form_token", token), ("username", email), ("password", password)]
            } else {
                vec![("form_token", token), ("action", "approve")]
            };
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            form = Some(fields.into_iter().map(owned).collect());
        } else {
            return (at, page);
        }
    }
    panic!("no end of pages from {start}");
}

const CHECKS: [&str; 6] = ["--check", "garbage-token", "--check", "unsigned-token", "--check", "foreign-signature"];

#[test]
fn a_user_signs_in_as_with_any_mcp_client() {
    let auto = zone_with(&["--auto-sign-in", "alice@example.com"]);
    for (zone, email, password) in [(auto, "", ""), (zone(), "bob@example.com", "password")] {
        let place = Place::of(zone, "none");
        let run = SigningIn::begin(&place, &[], &["--login-url-only", "--report", "json", "--verbose"]);
        assert_eq!(run.parameter("resource"), place.url);
        assert_eq!(run.parameter("scope"), "reports:read", "all that the metadata name");
        assert_eq!(run.parameter("code_challenge_method"), "S256");
        let (last, page) = browse(&run.address, email, password);
        assert!(page.contains("The sign-in is done. This page can be closed."), "{page}");
        let code = last.query_pairs().find(|(n, _)| n == "code").map(|(_, code)| code.into_owned()).expect("a code");
        assert!(!page.contains(&code), "{page}");
        let run = run.ended();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_secretless(&run, &[&code]);
        let counts = verdicts(&run);
        for verdict in ["fail", "warn", "inconclusive", "error"] {
            assert_eq!(counts.get(verdict), None, "{counts}");
        }
        assert_eq!(verdict_of(&run, "tampered-claims"), ["pass", "pass"]);
    }
}

#[test]
fn a_client_that_was_registered_by_hand_signs_in_with_its_secret() {
    let place = Place::of(zone_with(&["--auto-sign-in", "alice@example.com"]), "none");
    let client = place.control(
        "/clients",
        &json!({"name": "by hand", "redirect_uris": ["http://127.0.0.1/callback"], "resources": [place.url]}),
    );
    let text = |name: &str| client[name].as_str().expect("the zone made a client").to_owned();
    let (id, secret) = (text("client_id"), text("client_secret"));
    let env = [("CONFORMANCE_CLIENT_SECRET", secret.as_str())];
    let issuer = place.zone.said("KEYCARD_ZONE_URL").to_owned();
    let as_client = ["--login-url-only", "--client-id", &id, "--issuer", &issuer];
    let run = SigningIn::begin(&place, &env, &[&as_client[..], &CHECKS].concat());
    assert_eq!(run.parameter("client_id"), id);
    browse(&run.address, "", "");
    let run = run.ended();
    assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
    assert_secretless(&run, &[&secret]);

    let run = SigningIn::begin(&place, &[("CONFORMANCE_CLIENT_SECRET", "a-wrong-secret")], &as_client);
    browse(&run.address, "", "");
    let run = run.ended();
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    assert!(run.stderr.contains("token: the answer is the error \"invalid_client\""), "{}", run.stderr);
    assert_secretless(&run, &["a-wrong-secret"]);

    // The server under test does not choose who sees the secret.
    let elsewhere = ["--login-url-only", "--client-id", &id, "--issuer", "https://as.example"];
    let run = SigningIn::start(&place.url, &env, &elsewhere).ended();
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    let expected = format!("name \"{issuer}\" as its authorization server, which is not that of --issuer");
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
    assert_secretless(&run, &[&secret]);
}

#[test]
fn a_refresh_token_replaces_what_ran_out_without_asking_the_user_again() {
    for server in oddity::REVOKING {
        let place = Place::of(zone_with(&["--auto-sign-in", "alice@example.com"]), server.name);
        let run = SigningIn::begin(&place, &[], &[&["--login-url-only"][..], &CHECKS].concat());
        browse(&run.address, "", "");
        let run = run.ended();
        assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.matches("Sign in at this address").count(), 1, "{}", run.stderr);
        let requests = answer(place.zone.said("KEYCARD_ZONE_URL"), "/_control/requests?path=/oauth/2/token");
        assert_eq!(requests["requests"].as_array().map(Vec::len), Some(2), "a code, then a refresh token: {requests}");
    }
}

#[test]
fn where_no_browser_can_be_opened_the_address_is_left_to_the_user() {
    let place = Place::of(zone_with(&["--auto-sign-in", "alice@example.com"]), "none");
    for browser in ["", "false", "no-such-browser:false"] {
        let mut run = SigningIn::begin(&place, &[("BROWSER", browser)], &[&["--login"][..], &CHECKS].concat());
        run.wait_for(|line| line.contains("no browser could be opened").then_some(()));
        browse(&run.address, "", "");
        let run = run.ended();
        assert_eq!(run.code, Some(0), "{browser}: {}\n{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_sign_in_that_does_not_come_to_its_end_says_why_and_what_to_do() {
    let place = Place::with("none");
    let issuer = place.zone.said("KEYCARD_ZONE_URL").to_owned();
    let ours = ("iss", issuer.as_str());
    for (answer, expected) in [
        (
            vec![("error", "access_denied"), ("error_description", "no\u{1b}[31m"), ours],
            "error \"access_denied\": no\\u{1b}[31m; the sign-in was denied; run again and allow it",
        ),
        (vec![("error", "invalid_target"), ours], "knows no such resource; register it there"),
        (vec![("error", "temporarily_unavailable"), ours], "has a problem of its own; try again"),
        (vec![("code", "abcdefgh-code"), ("iss", "https://other.example")], "got \"https://other.example\""),
        (vec![("code", "abcdefgh-code")], "expected iss in the redirect, as the metadata promise"),
        (vec![ours], "neither code nor error"),
        (vec![("code", "abcdefgh-code"), ours], "token: the answer is the error \"invalid_grant\""),
    ] {
        let run = SigningIn::begin(&place, &[], &["--login-url-only"]);
        // What is not the answer is not taken for it.
        assert_eq!(sent(|client| client.get(run.parameter("redirect_uri"))).0.status, 400);
        let (status, page) = run.answer(&answer);
        assert_eq!(status, 200, "{page}");
        let run = run.ended();
        assert_eq!(run.code, Some(3), "{answer:?}: {}", run.stdout);
        assert_eq!(run.stdout, "", "nothing was tested");
        assert!(run.stderr.contains("error: --login: "), "{answer:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{answer:?}: {expected} in {}", run.stderr);
        assert_secretless(&run, &["abcdefgh-code"]);
    }

    let waiting = SigningIn::begin(&place, &[], &["--login-url-only", "--login-timeout", "1"]).ended();
    assert_eq!(waiting.code, Some(3));
    assert!(waiting.stderr.contains("nobody signed in within 1 s (--login-timeout)"), "{}", waiting.stderr);
}

#[test]
fn a_resource_that_the_zone_does_not_know_is_named_as_such() {
    let zone = zone_with(&["--auto-sign-in", "alice@example.com"]);
    let server = faulty_server(&zone, "none");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let place = Place { zone, _server: server, url };
    let run = SigningIn::begin(&place, &[], &["--login-url-only"]);
    let (_, page) = browse(&run.address, "", "");
    assert!(page.contains("The sign-in was refused; the terminal says more."), "{page}");
    let run = run.ended();
    assert!(run.stderr.contains("the error \"invalid_target\""), "{}", run.stderr);
}

#[test]
fn a_server_that_sends_its_users_nowhere_or_astray_is_not_followed() {
    for (fault, expected) in [
        ("publishes-no-metadata", "the server's metadata name no authorization server"),
        ("lists-no-authorization-server", "the server's metadata name no authorization server"),
        ("names-other-resource", "which is not this server"),
        ("names-zone-with-slash", "which are not the same"),
    ] {
        let place = Place::with(fault);
        let run = SigningIn::start(&place.url, &[], &["--login-url-only", "--login-timeout", "1"]).ended();
        assert_eq!(run.code, Some(3), "{fault}: {}", run.stdout);
        assert!(run.stderr.contains(expected), "{fault}: {expected} in {}", run.stderr);
    }
}

/// An authorization server that publishes metadata and does nothing else.
struct Publisher {
    issuer: String,
    _runtime: tokio::runtime::Runtime,
}

impl Publisher {
    fn start(change: fn(&mut Value)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be had");
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).expect("there is a port");
        let issuer = format!("http://{}", listener.local_addr().expect("it has an address"));
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "registration_endpoint": format!("{issuer}/register"),
            "code_challenge_methods_supported": ["S256"],
        });
        change(&mut metadata);
        let document = metadata.to_string();
        // Not at the first place where a client looks, but at the second.
        let path = "/.well-known/openid-configuration";
        let router = Router::new().route(path, axum::routing::get(move || std::future::ready(document.clone())));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { issuer, _runtime: runtime }
    }
}

#[test]
fn an_authorization_server_that_a_client_must_not_use_is_not_used() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 6] = [
        (|m| m["code_challenge_methods_supported"] = json!(["plain"]), "does not offer PKCE with S256"),
        (
            |m| drop(m.as_object_mut().map(|m| m.remove("code_challenge_methods_supported"))),
            "does not offer PKCE with S256",
        ),
        (|m| m["issuer"] = json!("https://other.example"), "\"https://other.example\" in the metadata of"),
        (
            |m| m["token_endpoint"] = json!("http://as.example/token"),
            "token_endpoint: expected a URL to which secrets may be sent",
        ),
        (|m| drop(m.as_object_mut().map(|m| m.remove("registration_endpoint"))), "name it with --client-id"),
        (|_| {}, "registration: expected success with JSON, got 404"),
    ];
    for (change, expected) in cases {
        let publisher = Publisher::start(change);
        let env = [("KEYCARD_ZONE_URL", publisher.issuer.as_str()), ("PORT", "0")];
        let server = Program::start(Path::new(crate::programs::FAULTY_SERVER), &["none"], &env, "MCP_SERVER_URL");
        let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
        let run = SigningIn::start(&url, &[], &["--login-url-only", "--login-timeout", "1"]).ended();
        assert_eq!(run.code, Some(3), "{expected}: {}", run.stdout);
        assert!(run.stderr.contains(expected), "{expected} in {}", run.stderr);
        assert!(!run.stderr.contains("Sign in at this address"), "{expected}: {}", run.stderr);
    }
}
