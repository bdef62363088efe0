//! What bad input gets: one readable message, the right exit code, an end in good time, and no process left behind.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::hostile::{Act, Asked, Hostile};
use support::process::Program;
use support::tls::{Authority, Identity};

use crate::programs::{
    CONFORMANCE, FAULTY_SERVER, MOCK_ZONE, REFERENCE_SERVER, Run, Watched, conformance, faulty_server, temporary, zone,
};

/// Far more than anything here takes; what has no bound of its own is told by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the suite on a target that cannot be tested, and gives its one message.
fn message(args: &[&str]) -> String {
    let started = Instant::now();
    let run = conformance(&[&["run", "--timeout", "4"], args].concat());
    assert_eq!(run.code, Some(3), "{args:?}: {}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "", "{args:?}");
    // A long wait is said before the end of it.
    let (waits, end): (Vec<_>, Vec<_>) = run.stderr.lines().partition(|line| line.starts_with("waiting for "));
    assert!(waits.len() <= 2, "{args:?}: {}", run.stderr);
    one_message(args, &end.join("\n"));
    assert!(started.elapsed() < PATIENCE, "{args:?} took {:?}", started.elapsed());
    run.stderr
}

fn one_message(args: &[&str], stderr: &str) {
    let is_plain = |c: char| c == '\n' || !c.is_control();
    assert!(stderr.starts_with("error: ") && stderr.chars().all(is_plain), "{args:?}: {stderr:?}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{args:?}: {stderr}");
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

/// A URL at which nobody listens.
fn nobody() -> String {
    let port = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    format!("http://{}/mcp", port.local_addr().expect("it has an address"))
}

/// An address that swallows connections: a listener whose queue is full, and what fills it.
fn black_hole() -> (SocketAddr, Vec<TcpStream>, tokio::runtime::Runtime, tokio::net::TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket can be had");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("there is a free port");
        socket.listen(1).expect("it listens")
    });
    let address = listener.local_addr().expect("it has an address");
    let fill = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
    let filling: Vec<_> = std::iter::from_fn(fill).take(64).collect();
    assert!(filling.len() < 64, "the queue is never full");
    (address, filling, runtime, listener)
}

#[test]
fn who_cannot_be_reached_is_said() {
    says(
        &message(&["--url", &nobody()]),
        &["could not connect: Connection refused", "is the server running, and is", "its port?"],
    );
    // Longer than a name in the DNS can be, so that nobody has to be asked.
    let name = "n".repeat(70);
    says(
        &message(&["--url", &format!("http://{name}.test/mcp")]),
        &["its host name leads to no address", "spelled right, and does this machine know it?"],
    );
    let hole = black_hole();
    let started = Instant::now();
    let run = conformance(&["run", "--url", &format!("http://{}/mcp", hole.0)]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    says(&run.stderr, &["no connection within 10s", "is the host up, and does no firewall keep this machine out?"]);
    assert!(started.elapsed() < PATIENCE, "it took the time of a whole exchange");
}

#[test]
fn what_is_no_mcp_server_is_described() {
    let page = "<html><head><title>Sign in \x1b[31mhere</title></head></html>";
    let html = Hostile::always(Act::answer("200 OK", "text/html; charset=utf-8", "", page));
    says(
        &message(&["--url", &html.url("/mcp")]),
        &[
            "every MCP request got 200 with a page of HTML titled \"Sign in \\u{1b}[31mhere\"",
            "expected an MCP answer, or 401 with a Bearer challenge",
            "Is this the MCP endpoint? Nothing that answers as one was found at /mcp/, /sse, /",
        ],
    );
    let location = "Location: https://login.example/authorize?next=%2Fmcp\r\n";
    let login = Hostile::always(Act::answer("302 Found", "text/html", location, ""));
    says(
        &message(&["--url", &login.url("/mcp")]),
        &[
            "every MCP request got 302 to \"https://login.example/authorize?next=%2Fmcp\"",
            "Clients of MCP follow no redirect to a page for signing in",
        ],
    );
}

/// What a server does to every request that is made to it, and what is said of that.
#[test]
fn an_answer_without_end_or_sense_is_an_end_for_us() {
    let ok = |headers: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n").into_bytes();
    let no_end =
        "an answer that does not end; expected an MCP answer, or 401 with a Bearer challenge, within 4 s and 1 MiB";
    let no_http = "what answers there is no proper HTTP server, or it closes the connection";
    let megabytes = format!("\"{}\"", "x".repeat(5_000_000));
    for (act, expected) in [
        (Act::Nothing, "no answer within 4s; a connection came about"),
        (Act::Close, no_http),
        (Act::Say(b"\0\x01SSH-2.0-OpenSSH_9.9\r\n\x1b[2J".to_vec()), no_http),
        (Act::Say(b"<html>HTTP/0.9</html>\n".to_vec()), no_http),
        (Act::Say(b"HTTP/1.1 302 \x1b[31mFound\r\nLocation: \x1b]0;x\x07\r\n\r\n".to_vec()), no_http),
        (Act::Flood(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: and more\r\n".to_vec()), no_http),
        (Act::Flood(ok(""), vec![b' '; 65_536]), no_end),
        (Act::Drip(ok("")), no_end),
        (Act::Say([ok("Content-Length: 1000\r\n"), b"{\"jsonrpc".to_vec()].concat()), no_end),
        (Act::answer("200 OK", "application/json", "", &megabytes), no_end),
    ] {
        let server = Hostile::always(act);
        says(&message(&["--url", &server.url("/mcp")]), &[expected]);
    }
}

/// A server that is right until it is asked something in particular.
fn turns_hostile(act: Act) -> Hostile {
    let origin = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&origin);
    let server = Hostile::start(move |asked: &Asked| {
        let origin = known.get().cloned().unwrap_or_default();
        match asked.method.as_str() {
            "POST" if asked.header("authorization").is_none() => Act::challenge(),
            "GET" if asked.path.starts_with("/.well-known/oauth-protected-resource") => {
                let metadata = format!(r#"{{"resource":"{origin}/mcp","authorization_servers":["{origin}"]}}"#);
                Act::answer("200 OK", "application/json", "", &metadata)
            }
            _ => act.clone(),
        }
    });
    let _ = origin.set(server.url(""));
    server
}

#[test]
fn what_turns_hostile_later_makes_checks_inconclusive_and_the_run_ends() {
    let ok = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    for act in [
        Act::Nothing,
        Act::Close,
        Act::Say(b"\0no HTTP\x1b[31m".to_vec()),
        Act::Drip(ok.clone()),
        Act::Flood(ok, vec![b' '; 65_536]),
    ] {
        let server = turns_hostile(act.clone());
        let url = server.url("/mcp");
        let args = ["run", "--url", &url, "--timeout", "2", "--report", "json"];
        // Once with all checks, which then wait for hundreds of answers that do not come.
        let few: &[&str] = match act {
            Act::Nothing => &[],
            _ => &["--check", "no-token", "--check", "list-without-token"],
        };
        let started = Instant::now();
        let run = conformance(&[&args[..], few].concat());
        assert!(started.elapsed() < PATIENCE, "{act:?} took {:?}", started.elapsed());
        assert!(matches!(run.code, Some(1 | 3)), "{act:?}: {}", run.stderr);
        let report = run.report();
        let of = |check: &str| -> Vec<Value> {
            let results = report["results"].as_array().into_iter().flatten();
            results.filter(|r| r["check"] == check).map(|r| r["verdict"].clone()).collect()
        };
        // Without a token it refuses, as it should; a word in place of a token meets the hostile side.
        assert_eq!(of("no-token"), ["pass", "pass"], "{act:?}");
        assert_eq!(of("list-without-token"), ["inconclusive", "inconclusive"], "{act:?}");
    }
}

#[test]
fn the_endpoint_is_found_where_it_is() {
    let zone = zone();
    let server = faulty_server(&zone, "none");
    let origin = server.said("MCP_SERVER_URL");
    let found =
        format!("{origin}/mcp answers as an MCP endpoint does: 401 with a Bearer challenge; use --url {origin}/mcp\n");
    for path in ["", "/", "/mcp/", "/sse", "/wrong"] {
        says(&message(&["--url", &format!("{origin}{path}")]), &["every MCP request got 404 Not Found", &found]);
    }
    let with_zone = message(&["--url", &format!("{origin}/mpc"), "--zone", zone.said("KEYCARD_ZONE_URL")]);
    says(&with_zone, &["404 Not Found, with a token of the zone too", &found]);
}

#[test]
fn the_endpoint_is_found_without_metadata_and_behind_a_redirect() {
    let open = Hostile::start(|asked| match asked.path.as_str() {
        "/" => Act::answer("200 OK", "application/json", "", r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600}}"#),
        _ => Act::answer("404 Not Found", "text/plain", "", ""),
    });
    let expected = format!("{} answers as an MCP endpoint does: with JSON-RPC, though without a token", open.url("/"));
    says(&message(&["--url", &open.url("/mcp")]), &[&expected]);

    let slashed = Hostile::start(|asked| match asked.path.as_str() {
        "/tools/" => Act::challenge(),
        _ => Act::answer("307 Temporary Redirect", "text/plain", "Location: /tools/\r\n", ""),
    });
    let expected = [
        "every MCP request got 307 to \"/tools/\"".to_owned(),
        format!("answers as an MCP endpoint does: 401 with a Bearer challenge; use --url {}", slashed.url("/tools/")),
    ];
    says(&message(&["--url", &slashed.url("/tools")]), &expected.each_ref().map(String::as_str));
}

#[test]
fn the_transport_of_old_is_named() {
    let old = Hostile::start(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/sse") => Act::Flood(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: endpoint\ndata: /messages?id=1\n\n"
                .to_vec(),
            b": ping\n\n".to_vec(),
        ),
        _ => Act::answer("405 Method Not Allowed", "text/plain", "", ""),
    });
    let expected = format!("{} speaks MCP's old HTTP+SSE transport, which this suite does not", old.url("/sse"));
    for path in ["/sse", "/mcp"] {
        says(&message(&["--url", &old.url(path)]), &["every MCP request got 405 Method Not Allowed", &expected]);
    }
}

#[test]
fn what_tls_fails_of_is_said_in_plain_words() {
    let authority = Authority::new();
    let trusted = temporary("authority.pem");
    std::fs::write(&trusted, authority.pem()).expect("it can be written");
    let trusted = trusted.display().to_string();
    let challenges = |identity: &Identity| Hostile::over_tls(identity, |_| Act::challenge());
    for (identity, expected, remedy) in [
        (Identity::self_signed(&["localhost"]), "its certificate is self-signed", "--ca-file PEM"),
        (authority.issue_for_days(&["localhost"], -9..-2), "its certificate has expired", "renew it"),
        (authority.issue_for_days(&["localhost"], 2..9), "its certificate is not valid yet", "clock"),
        (authority.issue(&["other.example"]), "its certificate is for another name", "for \"localhost\""),
    ] {
        let server = challenges(&identity);
        says(&message(&["--url", &server.url("/mcp"), "--ca-file", &trusted]), &[expected, remedy]);
    }
    let unknown = challenges(&authority.issue(&["localhost"]));
    says(
        &message(&["--url", &unknown.url("/mcp")]),
        &["its certificate was issued by nobody whom this machine trusts", "--ca-file PEM"],
    );

    let with_tls = unknown.url("/mcp");
    let without = with_tls.replace("https:", "http:");
    says(&message(&["--url", &without]), &[&format!("TLS is spoken there; use --url {with_tls}")]);
    let told = Hostile::always(Act::answer("400 Bad Request", "text/plain", "", "This is an HTTPS server."));
    says(&message(&["--url", &told.url("/mcp")]), &["every MCP request got 400 with \"This is an HTTPS server.\""]);

    let plain = Hostile::always(Act::challenge());
    let expected = format!("does not speak TLS; HTTP without TLS is; use --url {}", plain.url("/mcp"));
    says(&message(&["--url", &plain.url("/mcp").replace("http:", "https:")]), &[&expected]);
    // It accepts, and says nothing to a greeting.
    let mute = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    let at_mute = format!("https://{}/mcp", mute.local_addr().expect("it has an address"));
    says(&message(&["--url", &at_mute]), &["no connection within 3s", "is TLS spoken on that port?"]);
    let silent = Hostile::always(Act::Say(b"SSH-2.0-x\r\n".to_vec()));
    says(
        &message(&["--url", &silent.url("/mcp").replace("http:", "https:")]),
        &["what listens there does not speak TLS", "the port of its TLS?"],
    );

    for (file, expected) in [("/nonexistent.pem", "No such file"), (CONFORMANCE, "expected a file with a certificate")]
    {
        let run = conformance(&["run", "--url", &with_tls, "--ca-file", file]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        says(&run.stderr, &[expected]);
    }
}

/// A proxy of ours in front of a server of ours: what others would put there for TLS.
#[test]
fn an_https_server_is_tested_like_any_other_where_its_certificate_is_trusted() {
    let authority = Authority::new();
    let trusted = temporary("proxied.pem");
    std::fs::write(&trusted, authority.pem()).expect("it can be written");
    let behind = Arc::new(OnceLock::<SocketAddr>::new());
    let pass_on = Arc::clone(&behind);
    let proxy = Hostile::over_tls(&authority.issue(&["localhost"]), move |_| match pass_on.get() {
        Some(address) => Act::PassOn(*address),
        None => Act::Close,
    });
    let zone = zone();
    let origin = proxy.url("");
    let env = [("KEYCARD_ZONE_URL", zone.said("KEYCARD_ZONE_URL")), ("PORT", "0"), ("MCP_SERVER_URL", origin.as_str())];
    let server = Program::start(FAULTY_SERVER.as_ref(), &["none"], &env, "MCP_SERVER_URL");
    let _ = behind.set(server.said("ADDRESS").parse().expect("it is an address"));
    let access = ["run", "--url", &proxy.url("/mcp"), "--zone", zone.said("KEYCARD_ZONE_URL")];
    let trust = ["--ca-file", &trusted.display().to_string()];
    let run = conformance(&[&access[..], &trust, &["--tool-scope", "read_report=reports:read"]].concat());
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    says(&run.stdout, &["no area left out"]);
}

/// A server that protects nothing, and one that does not protect its tools: said once, and first, in every format.
#[test]
fn a_server_that_is_not_protected_is_one_finding_in_every_report() {
    for (server, tool, kind, title, text) in [
        ("opens-everything", "whoami={}", "not_protected", "NOT PROTECTED", "this server is not protected at all"),
        (
            "opens-everything-quietly",
            "whoami={}",
            "not_protected",
            "NOT PROTECTED",
            "without a token tools/call whoami is served as with one",
        ),
        (
            "opens-calls",
            "whoami={}",
            "partly_protected",
            "NOT PROTECTED EVERYWHERE",
            "this server does not protect tools/call whoami: without a token it is served as with one",
        ),
    ] {
        let zone = zone();
        let started = faulty_server(&zone, server);
        let url = format!("{}/mcp", started.said("MCP_SERVER_URL"));
        let file = |extension: &str| temporary(&format!("{server}.{extension}"));
        let (json, junit, markdown) = (file("json"), file("xml"), file("md"));
        let (sarif, html, github) = (file("sarif"), file("html"), file("txt"));
        let run = conformance(&[
            "run",
            "--url",
            &url,
            "--zone",
            zone.said("KEYCARD_ZONE_URL"),
            "--tool",
            tool,
            "--key-wait",
            "2",
            "--report",
            &format!("json={}", json.display()),
            "--report",
            &format!("junit={}", junit.display()),
            "--report",
            &format!("markdown={}", markdown.display()),
            "--report",
            &format!("sarif={}", sarif.display()),
            "--report",
            &format!("html={}", html.display()),
            "--report",
            &format!("github={}", github.display()),
        ]);
        assert_eq!(run.code, Some(1), "{server}: {}", run.stderr);
        let read = |path| std::fs::read_to_string(path).expect("there is a report");
        for (format, report) in [
            ("terminal", &run.stdout),
            ("junit", &read(junit)),
            ("markdown", &read(markdown)),
            ("sarif", &read(sarif)),
            ("html", &read(html)),
            ("github", &read(github)),
        ] {
            assert!(
                report.contains(title) && report.contains(text),
                "{server}: {title} and {text} in {format}: {report}"
            );
        }
        // On the screen each kind of verdict stands once: with the cause.
        assert_eq!(run.stdout.matches("FAIL").count(), 1, "{}", run.stdout);
        says(&run.stdout, &["✗ FAIL no-token", "for the same cause: garbage-token"]);
        let report: Value = serde_json::from_str(&read(json)).expect("it is JSON");
        assert_eq!(report["summary"]["headline"]["kind"], kind, "{server}");
        let results = report["results"].as_array().expect("there are results");
        let alone = results.iter().filter(|r| r["verdict"] == "fail" && r["follows_from"].is_null());
        assert!(alone.clone().all(|r| r["check"] == "no-token"), "{server}: {:?}", alone.collect::<Vec<_>>());
    }
}

/// Nobody may call its tools but those who name them; that nothing asked for a token is worth a headline all the same.
#[test]
fn a_server_that_asks_nobody_for_a_token_is_said_to_and_a_protected_one_is_not() {
    let zone = zone();
    for (server, kind) in [
        ("opens-everything", Value::from("not_protected")),
        ("opens-everything-quietly", Value::from("nothing_asked_for_a_token")),
        ("opens-calls", Value::Null),
        ("leaves-list-open", Value::Null),
        ("answers-403-without-token", Value::Null),
        ("none", Value::Null),
    ] {
        let started = faulty_server(&zone, server);
        let url = format!("{}/mcp", started.said("MCP_SERVER_URL"));
        let report = conformance(&["run", "--url", &url, "--report", "json"]).report();
        assert_eq!(report["summary"]["headline"]["kind"], kind, "{server}: {}", report["summary"]);
    }
}

/// Launches a command, sees that nothing of it is left, and gives what was said.
fn launched(command: &str, args: &[&str], code: &str) -> String {
    let run = ["run", "--launch", command, "--url", "http://127.0.0.1:0/mcp"];
    // The watch shows standard output only.
    let shell = "exec \"$0\" \"$@\" 2>&1";
    let words: Vec<&str> = ["-c", shell, CONFORMANCE].into_iter().chain(run).chain(args.iter().copied()).collect();
    let ended = Watched::start("sh", &words).ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), (code, "0"), "{}", ended.output);
    ended.output
}

#[test]
fn what_a_launched_command_does_instead_of_serving_is_said() {
    let elsewhere = format!("env PORT=0 '{REFERENCE_SERVER}'");
    let other_port =
        launched(&format!("KEYCARD_ZONE_URL=http://localhost:1 {elsewhere}"), &["--launch-timeout", "8"], "3");
    says(
        &other_port,
        &[
            "no HTTP answer from http://127.0.0.1:",
            "within 8 s (--launch-timeout); the command listens at 127.0.0.1:",
            "was told to listen on port",
            "--env NAME={port}",
        ],
    );
    let silent = launched("sleep 600", &["--launch-timeout", "1"], "3");
    says(&silent, &["the command runs; does it listen on the port in PORT, which is", "it wrote nothing"]);
    let flood = launched("yes 'a line' | head -n 5000; exec sleep 600", &["--launch-timeout", "1"], "3");
    says(&flood, &["a line  (30 times)"]);
    let missing = launched("no-such-command-at-all", &[], "3");
    says(&missing, &["exit status: 127", "the shell did not find it; the end of its output:"]);
    let daemon = format!("(setsid '{REFERENCE_SERVER}' >/dev/null 2>&1 &) ; exit 0");
    says(&launched(&daemon, &[], "3"), &["exit status: 0", "it must stay in the foreground as long as it serves"]);
}

#[test]
fn an_interruption_while_the_command_starts_leaves_a_report_and_no_process() {
    let (report, started) = (temporary("starting.json"), temporary("starting.pipe"));
    assert!(Command::new("mkfifo").arg(&started).status().expect("mkfifo can be run").success());
    let command = format!("echo started > '{}'; sleep 600 & sleep 600", started.display());
    let to_file = format!("json={}", report.display());
    let run = Watched::start(
        CONFORMANCE,
        &["run", "--launch", &command, "--url", "http://127.0.0.1:0/mcp", "--report", &to_file],
    );
    assert_eq!(std::fs::read_to_string(&started).expect("the command writes"), "started\n");
    run.signal("INT");
    let ended = run.ended();
    assert_eq!((ended.status.as_str(), ended.survivors.as_str()), ("130", "0"), "{}", ended.output);
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(report).expect("there is a report")).expect("JSON");
    assert_eq!(report["summary"]["exit_status"], "interrupted");
    assert_eq!(report["target"]["notes"], serde_json::json!(["interrupted before the first check"]));
}

#[test]
fn an_interruption_before_the_first_check_leaves_a_report() {
    let (tell, told) = std::sync::mpsc::channel();
    let server = Hostile::start(move |_| {
        let _ = tell.send(());
        Act::Nothing
    });
    let report = temporary("surveying.xml");
    let to_file = format!("junit={}", report.display());
    let run =
        Watched::start(CONFORMANCE, &["run", "--url", &server.url("/mcp"), "--timeout", "120", "--report", &to_file]);
    told.recv_timeout(PATIENCE).expect("the server is asked");
    run.signal("INT");
    let ended = run.ended();
    assert_eq!(ended.status, "130", "{}", ended.output);
    says(&ended.output, &["note: interrupted before the first check", "0 of", "exit 130: interrupted"]);
    says(&std::fs::read_to_string(report).expect("there is a report"), &["<error message=\"exit 130: interrupted"]);
}

/// A guard before every path says 401 where there is nothing behind it; only a token shows that.
#[test]
fn a_path_with_nothing_behind_its_guard_is_told_by_the_metadata() {
    let zone = zone();
    let server = Hostile::start(|asked: &Asked| {
        let origin = format!("http://{}", asked.header("host").unwrap_or_default());
        match asked.header("authorization") {
            None if asked.path.starts_with("/.well-known/") => {
                let metadata = format!(r#"{{"resource":"{origin}/mcp"}}"#);
                Act::answer("200 OK", "application/json", "", &metadata)
            }
            None => Act::challenge(),
            Some(_) => Act::answer("404 Not Found", "text/plain", "", ""),
        }
    });
    let url = server.url("/wrong");
    let run = conformance(&["run", "--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL"), "--check", "no-token"]);
    let named = format!("names the resource \"{}\"; is --url its endpoint?", server.url("/mcp"));
    says(&run.stdout, &["no token was accepted:", "got 404 Not Found", &named, "no metadata says which zone"]);
}

/// Something answers there, which is no mock zone: the rest is tested, and full access was promised all the same.
#[test]
fn with_a_zone_that_is_none_of_ours_the_rest_is_tested() {
    let zone = zone();
    let server = faulty_server(&zone, "none");
    let origin = server.said("MCP_SERVER_URL");
    let url = format!("{origin}/mcp");
    let page = Hostile::always(Act::answer("200 OK", "text/html", "", "<html>"));
    let alone = conformance(&["run", "--url", &url, "--report", "json"]).report();
    for other in [origin, &format!("{origin}/"), &url, &page.url(""), &page.url("/")] {
        let access = ["run", "--url", &url, "--zone", other];
        let run = conformance(&[&access[..], &["--report", "json"]].concat());
        assert_eq!(run.code, Some(3), "{other}: {}", run.stderr);
        let report = run.report();
        says(report["target"]["notes"][0].as_str().unwrap_or_default(), &["is no mock zone", "is not tested"]);
        assert_eq!(report["summary"]["verdicts"], alone["summary"]["verdicts"], "{other}");
        let waived = ["zone-control", "valid-token", "fault-injection", "audit-feed", "browser", "scope-map"];
        let waivers = waived.into_iter().flat_map(|need| ["--allow-untested", need]);
        let run = conformance(&access.into_iter().chain(waivers).collect::<Vec<_>>());
        assert_eq!(run.code, Some(0), "{other}: {}{}", run.stdout, run.stderr);
    }
    says(&message(&["--url", &url, "--zone", &nobody()]), &["did not answer", "`mock-zone` starts one"]);
    let silent = Hostile::always(Act::Close);
    says(&message(&["--url", &url, "--zone", &silent.url("")]), &["did not answer"]);
}

#[test]
fn a_zone_that_wants_its_control_token_is_still_ours() {
    let env = [("MOCK_ZONE_CONTROL_TOKEN", "control-token-of-a-test")];
    let zone = Program::start(MOCK_ZONE.as_ref(), &["--port", "0", "--bind", "0.0.0.0"], &env, "KEYCARD_ZONE_URL");
    let refused = message(&["--url", &nobody(), "--zone", zone.said("KEYCARD_ZONE_URL")]);
    says(&refused, &["MOCK_ZONE_CONTROL_TOKEN"]);
    assert!(!refused.contains("is no mock zone"), "{refused}");
}

#[test]
fn a_zone_that_the_server_does_not_trust_is_named_beside_the_one_that_it_does() {
    let (trusted, other) = (zone(), zone());
    let server = faulty_server(&trusted, "none");
    let (trusted, other) = (trusted.said("KEYCARD_ZONE_URL"), other.said("KEYCARD_ZONE_URL"));
    let run = conformance(&["run", "--url", &format!("{}/mcp", server.said("MCP_SERVER_URL")), "--zone", other]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let mismatch = format!(
        "the server's metadata names \"{trusted}\" as its authorization server, and the zone is {other}: \
         start it with KEYCARD_ZONE_URL={other}, or whatever it reads, or give the zone that it trusts as --zone"
    );
    says(&run.stdout, &["no token was accepted:", &mismatch]);

    let ignores = format!("KEYCARD_ZONE_URL={trusted} '{FAULTY_SERVER}' none");
    says(
        &launched(&ignores, &["--key-wait", "1"], "3"),
        &[&format!("names \"{trusted}\" as its authorization server"), "--env NAME={zone} sets the variable"],
    );
}

#[test]
fn the_nearest_name_is_suggested() {
    let zone = zone();
    let server = faulty_server(&zone, "none");
    let url = format!("{}/mcp", server.said("MCP_SERVER_URL"));
    let access = ["--url", &url, "--zone", zone.said("KEYCARD_ZONE_URL")];
    for (option, value, expected) in [
        ("--tool", "whomai={}", "did you mean \"whoami\"?"),
        ("--tool", "nosuch={}", "it has \"hello_world\", \"read_report\", \"whoami\""),
        ("--tool-scope", "read-report=reports:read", "did you mean \"read_report\"?"),
    ] {
        says(&message(&[&access[..], &[option, value]].concat()), &[expected]);
    }
    for (option, value, expected) in [
        ("--check", "audience-othr", "did you mean audience-other?"),
        ("--require", "zone-contrl", "did you mean zone-control?"),
        ("--allow-untested", "declard-tool", "'declared-tool'"),
        ("--revision", "2025-11-26", "'2025-11-25'"),
        ("--report", "junt", "did you mean junit?"),
        ("--report", "markdwon=x.md", "did you mean markdown?"),
        ("--color", "alway", "'always'"),
        ("--timout", "3", "'--timeout'"),
    ] {
        let run = conformance(&["run", "--url", &url, option, value]);
        assert_eq!(run.code, Some(2), "{option} {value}: {}", run.stderr);
        says(&run.stderr, &[expected]);
    }
}

#[test]
fn two_reports_do_not_share_a_file() {
    let (file, link) = (temporary("shared.json"), temporary("link.json"));
    std::os::unix::fs::symlink(&file, &link).expect("a link can be made");
    let folder = file.parent().expect("it is in a folder").display().to_string();
    let twice = format!("terminal={folder}/./shared.json");
    let linked = format!("junit={}", link.display());
    for second in [twice, linked] {
        let args = ["run", "--url", &nobody(), "--report", &format!("json={}", file.display()), "--report", &second];
        std::fs::write(&file, "").expect("it can be written");
        let run = conformance(&args);
        assert_eq!(run.code, Some(2), "{second}: {}", run.stderr);
        says(&run.stderr, &["two reports want the file"]);
    }
}

/// Nobody reads it any more; the exit code is what it would have been.
#[test]
fn a_closed_standard_error_or_output_changes_nothing() {
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe can be had");
        drop(reader);
        Stdio::from(writer)
    };
    let ended = |args: &[&str], stdout, stderr| {
        let status = Command::new(CONFORMANCE).args(args).stdout(stdout).stderr(stderr).status();
        status.expect("the suite starts").code()
    };
    let url = nobody();
    let demo = ["demo", "--check", "no-token", "--report", "json"];
    for (args, code) in [
        (&["run", "--url", &url][..], 3),
        (&["run", "--url", &url, "--report", "json", "--report", "junit"], 2),
        (&["run", "--url", "http://127.0.0.1:0/mcp", "--launch", "exit 5"], 3),
        (&demo, 0),
    ] {
        assert_eq!(ended(args, Stdio::null(), closed()), Some(code), "{args:?}");
        assert_eq!(ended(args, closed(), Stdio::null()), Some(code), "{args:?}");
    }
}

/// Each format to a file at once, and one to standard output.
#[test]
fn all_reports_come_of_one_run() {
    let file = |extension: &str| temporary(&format!("all.{extension}"));
    let (json, junit) = (file("json"), file("xml"));
    let (sarif, html, github) = (file("sarif"), file("html"), file("txt"));
    let run: Run = conformance(&[
        "demo",
        "--report",
        &format!("json={}", json.display()),
        "--report",
        &format!("junit={}", junit.display()),
        "--report",
        &format!("sarif={}", sarif.display()),
        "--report",
        &format!("html={}", html.display()),
        "--report",
        &format!("github={}", github.display()),
        "--report",
        "markdown",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    says(&run.stdout, &["## ✓ Nothing found in what was tested", "checks tested in", "<details><summary>Passed: "]);
    says(&run.stderr, &["results by check and revision"]);
    let read = |path| std::fs::read_to_string(path).expect("there is a report");
    says(&read(junit), &["<testsuite name=\"audience\"", "classname=\"token-validation\"", "<testcase name=\"exit\""]);
    assert!(serde_json::from_str::<Value>(&read(json)).is_ok());
    let sarif: Value = serde_json::from_str(&read(sarif)).expect("it is JSON");
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    says(&read(html), &["<h1>Nothing found in what was tested</h1>", "<th scope=\"row\">token-validation</th>"]);
    says(&read(github), &["::notice title=conformance of http%3A//", "checks tested in"]);
}

/// A full disk costs the one report that was to go there, and is told.
#[test]
fn a_report_that_cannot_be_written_costs_no_other() {
    let markdown = temporary("beside_full.md");
    let to_file = format!("markdown={}", markdown.display());
    let run = conformance(&["demo", "--check", "no-token", "--report", "json=/dev/full", "--report", &to_file]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    says(&run.stderr, &["could not write the report to /dev/full"]);
    says(&run.stdout, &["results by check and revision: 2 pass"]);
    says(&std::fs::read_to_string(markdown).expect("there is a report"), &["## ✓ Nothing found"]);
}

/// A pipe that nobody else has open.
fn pipe(name: &str) -> String {
    let path = temporary(name);
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
    path.display().to_string()
}

/// No signal would end the wait for the other end of a pipe, and a device has no end.
#[test]
fn what_is_no_file_is_refused_at_once() {
    let (url, pipe) = (nobody(), pipe("nobody.fifo"));
    let report = format!("json={pipe}");
    for (args, part) in [
        (["--server-audit", &pipe], "it is no regular file"),
        (["--server-audit", "/dev/zero"], "it is no regular file"),
        (["--report", &report], "it is a pipe that nobody reads"),
        (["--ca-file", "/dev/zero"], "it has more than 8388608 bytes"),
        (["--config", "/dev/zero"], "it has more than 1048576 bytes"),
    ] {
        let run = conformance(&[&["run", "--url", &url], &args[..]].concat());
        assert_eq!(run.code, Some(2), "{args:?}: {}", run.stderr);
        says(&run.stderr, &[part]);
    }
}

#[test]
fn the_reader_of_a_pipe_gets_the_whole_report() {
    let pipe = pipe("read.fifo");
    let report = format!("json={pipe}");
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe));
    // Until the reader is there, the pipe is refused.
    let run = loop {
        let run = conformance(&["demo", "--check", "no-token", "--report", &report, "--report", "junit=/dev/stderr"]);
        if run.code != Some(2) {
            break run;
        }
        says(&run.stderr, &["it is a pipe that nobody reads"]);
    };
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = reader.join().expect("the reader ends").expect("the pipe can be read");
    assert!(serde_json::from_str::<Value>(&report).is_ok(), "{report:?}");
    says(&run.stderr, &["<testsuites", "</testsuites>"]);
}

#[test]
fn a_quiet_run_says_how_much_was_tested_and_nothing_else() {
    let run = conformance(&["demo", "--quiet"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    says(&run.stdout, &["checks tested in"]);
    assert_eq!(run.stderr, "");
    let both = conformance(&["demo", "--quiet", "--verbose"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}
