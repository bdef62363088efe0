//! The suite under hostile servers: it comes to its end, within bounds of memory and of what it lets itself be sent, and
//! its report is whole, shows nothing that a terminal obeys, and calls nothing proven.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use support::hostile::{Act, Asked, Hostile};

use crate::programs::{CONFORMANCE, Run};

/// Most memory that the suite may take for its data, in KiB; the system then gives it no more, and it would crash.
const MEMORY_AT_MOST: u64 = 256 * 1024;

/// Most that a server gets rid of for one request: what the suite reads, and what is on the way when it stops reading.
const BYTES_AT_MOST: u64 = 24 * 1024 * 1024;

/// What is no part of an answer yet is read as long as one is waited for, and kept nowhere.
const INTERIM: [&str; 2] = ["interim answers without end", "early hints without end"];

/// Most requests of one run.
const REQUESTS_AT_MOST: usize = 4000;

/// The bound on an exchange where every answer comes at once, so that it says nothing of how busy this machine is.
const AT_ONCE_ANSWERED: [&str; 2] = ["--timeout", "60"];

/// How many hostile servers are tried at once: a run mostly waits.
const AT_ONCE: usize = 4;

/// What to do to the so-manieth request in place of what is right, if anything.
type Decides = fn(usize) -> Option<Act>;

/// The token that the servers here accept; nobody signed it.
fn token() -> String {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = json!({"iss": "https://zone.example", "sub": "alice", "aud": "x", "exp": 4_102_444_800_u64});
    format!("{}.{}.{}", part(json!({"alg": "RS256", "kid": "k"})), part(claims), URL_SAFE_NO_PAD.encode([7; 256]))
}

fn has_token(asked: &Asked) -> bool {
    let credentials = asked.header("authorization").and_then(|value| value.split_once(' '));
    credentials.is_some_and(|(scheme, word)| scheme.eq_ignore_ascii_case("Bearer") && word == token())
}

/// Runs the suite on a server, with the token and these arguments, and sees to it that it keeps to its bounds.
fn survives(name: &str, server: &Hostile, args: &[&str]) -> Value {
    let url = server.url("/mcp");
    let base = ["run", "--url", &url, "--revision", "2025-11-25", "--report", "json"];
    let bound: &[&str] = if args.contains(&"--timeout") { &[] } else { &["--timeout", "2"] };
    let run = bounded(&[&base[..], bound, args].concat());
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{name}: {:?} {}{}", run.code, run.stdout, run.stderr);
    assert!(is_plain(&run.stdout) && is_plain(&run.stderr), "{name}: {}{}", run.stdout, run.stderr);
    let (requests, bytes) = (server.requests(), server.bytes());
    assert!(requests <= REQUESTS_AT_MOST, "{name}: {requests} requests");
    let is_bounded = bytes <= BYTES_AT_MOST * requests as u64;
    assert!(is_bounded || INTERIM.contains(&name), "{name}: {bytes} bytes for {requests} requests");
    run.report()
}

fn bounded(args: &[&str]) -> Run {
    let limited =
        ["-c", "ulimit -d \"$0\" && exec \"$@\"", &MEMORY_AT_MOST.to_string(), CONFORMANCE].map(str::to_owned);
    let mut command = Command::new("sh");
    command.args(limited).args(args).env("CONFORMANCE_TOKEN", token());
    let output = command.output().expect("the suite starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Whether there is nothing in a text but what one sees, and line breaks.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || conformance::text::is_visible(c))
}

/// The verdicts of a check.
fn verdicts<'r>(report: &'r Value, check: &str) -> Vec<&'r str> {
    let results = report["results"].as_array().into_iter().flatten();
    results.filter(|r| r["check"] == check).filter_map(|r| r["verdict"].as_str()).collect()
}

/// Whether the check has this verdict, or nothing to say for want of an answer in time.
fn is_unharmed(report: &Value, check: &str, verdict: &str) -> bool {
    matches!(verdicts(report, check)[..], [one] if one == verdict || one == "inconclusive")
}

/// The checks with this verdict.
fn with_verdict(report: &Value, verdict: &str) -> BTreeSet<String> {
    let results = report["results"].as_array().into_iter().flatten();
    results.filter(|r| r["verdict"] == verdict).filter_map(|r| r["check"].as_str()).map(str::to_owned).collect()
}

/// The words that choose these checks.
fn chosen<'c>(checks: &[&'c str]) -> Vec<&'c str> {
    checks.iter().flat_map(|check| ["--check", *check]).collect()
}

/// Tries each, several at a time.
fn each<T: Sync>(cases: &[T], try_one: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    try_one(case);
                }
            });
        }
    });
}

fn json_answer(status: &str, headers: &str, body: &Value) -> Act {
    Act::answer(status, "application/json", headers, &body.to_string())
}

fn message(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap_or_default()
}

/// The answer to a message, with this result.
fn result(asked: &Asked, result: &Value) -> Act {
    json_answer("200 OK", "", &answer_to(asked, result))
}

fn answer_to(asked: &Asked, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": message(asked)["id"], "result": result})
}

fn origin(asked: &Asked) -> String {
    format!("http://{}", asked.header("host").unwrap_or_default())
}

/// What a protected server does that is right in all that is asked of it here.
fn rightly(asked: &Asked) -> Act {
    let origin = origin(asked);
    if asked.path.starts_with("/.well-known/oauth-protected-resource") {
        let document = json!({"resource": format!("{origin}/mcp"), "authorization_servers": [origin]});
        return json_answer("200 OK", "", &document);
    }
    if asked.path.starts_with("/.well-known/oauth-authorization-server") {
        return json_answer("200 OK", "", &json!({"issuer": origin, "jwks_uri": format!("{origin}/keys")}));
    }
    if asked.path != "/mcp" {
        return Act::answer("404 Not Found", "text/plain", "", "");
    }
    if !has_token(asked) {
        let metadata = format!("{origin}/.well-known/oauth-protected-resource/mcp");
        let header = format!("WWW-Authenticate: Bearer resource_metadata=\"{metadata}\"\r\n");
        return json_answer("401 Unauthorized", &header, &json!({}));
    }
    if asked.method != "POST" {
        return Act::answer("405 Method Not Allowed", "text/plain", "Allow: POST\r\n", "");
    }
    match message(asked)["method"].as_str().unwrap_or_default() {
        "initialize" => {
            let server = json!({"name": "hostile", "version": "1"});
            result(
                asked,
                &json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": server}),
            )
        }
        "tools/list" => result(asked, &json!({"tools": [tool("whoami")]})),
        "tools/call" => result(asked, &json!({"content": [{"type": "text", "text": "alice"}]})),
        method if method.starts_with("notifications/") => Act::answer("202 Accepted", "text/plain", "", ""),
        _ => {
            let error = json!({"code": -32601, "message": "no such method"});
            json_answer("200 OK", "", &json!({"jsonrpc": "2.0", "id": message(asked)["id"], "error": error}))
        }
    }
}

fn tool(name: &str) -> Value {
    json!({"name": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}})
}

/// The head of an answer with JSON of no length in particular.
fn head(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n").into_bytes()
}

/// The same as an event stream in pieces.
fn stream() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()
}

/// This in pieces of so many bytes, as the chunked coding has them, without an end.
fn chunked(text: &[u8], size: usize) -> Vec<u8> {
    text.chunks(size).flat_map(|piece| [format!("{size:x}\r\n").as_bytes(), piece, b"\r\n"].concat()).collect()
}

/// A compressed body that is a hundred times as large when it is read: zeros, by the fixed codes of RFC 1951.
fn bomb() -> Vec<u8> {
    let mut bits: Vec<bool> = vec![false, true, false]; // not the last block; fixed codes
    let mut code = |bits_of: &str| bits.extend(bits_of.chars().map(|bit| bit == '1'));
    code("00110000"); // a zero
    (0..200_000).for_each(|_| code("1100010100000")); // 258 bytes from one byte before
    let bytes = bits.chunks(8).map(|byte| byte.iter().rev().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit)));
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].into_iter().chain(bytes).collect()
}

/// Answers of every kind that no server should give.
fn nonsense() -> Vec<(&'static str, Act)> {
    let say = |parts: &[&[u8]]| Act::Say(parts.concat());
    let ok = |body: &str| Act::answer("200 OK", "application/json", "", body);
    let early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec();
    vec![
        ("a body without end", Act::Flood(head(""), vec![b' '; 4096])),
        ("chunks of a byte without end", Act::Flood(head("Transfer-Encoding: chunked\r\n"), b"1\r\n \r\n".to_vec())),
        (
            "a chunk of more bytes than there are",
            say(&[&head("Transfer-Encoding: chunked\r\n"), b"ffffffffffffffff\r\n{"]),
        ),
        ("trailers without end", Act::Flood(chunked_head_with_end(), b"X-More: and more\r\n".to_vec())),
        (INTERIM[0], Act::Flood(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())),
        (INTERIM[1], Act::Flood(Vec::new(), early)),
        ("header fields without end", Act::Flood(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: and more\r\n".to_vec())),
        ("a status line without end", Act::Flood(b"HTTP/1.1 200 ".to_vec(), b"O".to_vec())),
        ("a header field of a megabyte", say(&[&head(&format!("X-Long: {}\r\n", "x".repeat(1 << 20))), b"{}"])),
        ("a header field of 300 KB", say(&[&head(&format!("X-Long: {}\r\n", "x".repeat(300_000))), b"{}"])),
        ("a thousand header fields", say(&[&head(&"X-More: x\r\n".repeat(1000)), b"{}"])),
        ("HTTP/1.0", Act::Say(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}".to_vec())),
        ("a length that is too great", say(&[&head("Content-Length: 99999999999\r\n"), b"{}"])),
        ("a length that is too small", say(&[&head("Content-Length: 1\r\n"), b"{\"jsonrpc\":\"2.0\"}"])),
        ("a length that is none", say(&[&head("Content-Length: -1\r\n"), b"{}"])),
        ("two lengths", say(&[&head("Content-Length: 2\r\nContent-Length: 3\r\n"), b"{}"])),
        (
            "a length and chunks",
            say(&[&head("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), b"2\r\n{}\r\n0\r\n\r\n"]),
        ),
        ("zeros, compressed", say(&[&head("Content-Encoding: gzip\r\n"), &bomb()])),
        ("no answer", Act::Nothing),
        ("a byte now and then", Act::Drip(head(""))),
        ("half a head", Act::Say(b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec())),
        ("half a body", say(&[&head("Content-Length: 1000\r\n"), b"{\"jsonrpc"])),
        ("no HTTP", Act::Say(b"\0\x01SSH-2.0-x\r\n\x1b[2J".to_vec())),
        (
            "text that is no UTF-8",
            say(&[&head(""), b"{\"jsonrpc\":\"\xff\xc0\xed\xa0\x80\",\"\xc2\x9b2J\":\"\x1b[31m\"}"]),
        ),
        ("a header field that is no UTF-8", say(&[&head("X-Odd: \u{9b}31m\u{202e}\r\n"), b"\xff"])),
        ("brackets a hundred thousand deep", ok(&"[".repeat(100_000))),
        ("objects a hundred thousand deep", ok(&"{\"a\":".repeat(100_000))),
        ("numbers that are too great", ok(r#"{"jsonrpc":"2.0","id":1e400,"result":{"x":-1e400}}"#)),
        ("names twice", ok(r#"{"jsonrpc":"2.0","jsonrpc":"1","id":1,"id":2,"result":{},"result":null}"#)),
        ("half a surrogate pair", ok(r#"{"jsonrpc":"2.0","id":1,"result":{"x":"\ud800"}}"#)),
        ("a batch of a hundred thousand", ok(&format!("[{}1]", "1,".repeat(100_000)))),
        ("events of a byte without end", Act::Flood(stream(), chunked(b":\n\n", 1))),
        ("an event without end", Act::Flood(stream(), chunked(&[b'x'; 1024], 1024))),
        ("a stream that says nothing", Act::Drip(stream())),
        ("a redirect to itself", Act::answer("307 Temporary Redirect", "text/plain", "Location: /mcp\r\n", "")),
        ("a redirect to elsewhere", Act::answer("302 Found", "text/plain", "Location: \u{1f}//\u{202e}\r\n", "")),
    ]
}

fn chunked_head_with_end() -> Vec<u8> {
    [head("Transfer-Encoding: chunked\r\n"), b"2\r\n{}\r\n0\r\n".to_vec()].concat()
}

/// To whoever comes with anything in place of a token.
#[test]
fn nonsense_in_answer_to_a_token_proves_nothing() {
    each(&nonsense(), |(name, act)| {
        let act = act.clone();
        let server = Hostile::start(move |asked| match asked.header("authorization") {
            Some(_) if asked.path == "/mcp" => act.clone(),
            _ => rightly(asked),
        });
        let checks = ["no-token", "garbage-token", "unsigned-token", "get-stream"];
        let report = survives(name, &server, &chosen(&checks));
        assert_eq!(verdicts(&report, "no-token"), ["pass"], "{name}");
        for check in &checks[1..] {
            assert_eq!(verdicts(&report, check), ["inconclusive"], "{check}, {name}: {}", report["results"]);
        }
    });
}

/// In place of the documents that a client looks for, those of the authorization server included.
#[test]
fn nonsense_in_place_of_documents_is_no_document() {
    let documents = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server", "/keys"];
    let cases: Vec<_> = nonsense().into_iter().zip(documents.into_iter().cycle()).collect();
    each(&cases, |((name, act), place)| {
        let (act, place) = (act.clone(), *place);
        let server = Hostile::start(move |asked| match () {
            () if asked.path.starts_with(place) => act.clone(),
            () => rightly(asked),
        });
        let checks = ["metadata-published", "metadata-issuers", "public-key-as-secret", "garbage-token"];
        let report = survives(name, &server, &chosen(&checks));
        // Whoever is busy with the one may be late with the other.
        assert!(is_unharmed(&report, "garbage-token", "pass"), "{name}: {}", report["results"]);
        assert!(is_unharmed(&report, "public-key-as-secret", "not_tested"), "{name}: {}", report["results"]);
    });
}

/// In place of what a tool answers: the stream has brought nothing that the suite takes for an answer.
#[test]
fn a_tool_that_answers_nonsense_was_not_served() {
    each(&nonsense(), |(name, act)| {
        let act = act.clone();
        let server = Hostile::start(move |asked| match message(asked)["method"].as_str() {
            Some("tools/call") if has_token(asked) => act.clone(),
            _ => rightly(asked),
        });
        let report = survives(name, &server, &["--check", "garbage-token", "--check", "after-authentication"]);
        // The list of tools bears the checks where no tool does.
        assert_eq!(report["target"]["call"], "tools/list", "{name}");
        assert!(is_unharmed(&report, "garbage-token", "pass"), "{name}: {}", report["results"]);
    });
}

/// The whole suite, on answers that come at once and cost the most.
#[test]
fn all_checks_come_to_an_end() {
    let costly = ["a header field of 300 KB", "objects a hundred thousand deep", "zeros, compressed"];
    let cases: Vec<_> = nonsense().into_iter().filter(|(name, _)| costly.contains(name)).collect();
    each(&cases, |(name, act)| {
        let act = act.clone();
        let server = Hostile::start(move |asked| match asked.header("authorization") {
            Some(_) if !has_token(asked) => act.clone(),
            _ => rightly(asked),
        });
        let report = survives(name, &server, &[]);
        assert_eq!(verdicts(&report, "garbage-token"), ["inconclusive"], "{name}");
        assert_eq!(with_verdict(&report, "error"), BTreeSet::new(), "{name}");
    });
}

/// An answer that stands within the bound is found there, however it is cut up and whatever stands before it.
#[test]
fn an_answer_amid_a_flood_of_events_is_an_answer() {
    for (name, before, size) in [
        ("comments", ": x\n\n".repeat(100_000), 65_536),
        ("comments by the byte", ": x\n\n".repeat(8_000), 1),
        ("messages", "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n".repeat(10_000), 100),
        ("an event of half a megabyte", format!("data: \"{}\"\n\n", "x".repeat(1 << 19)), 1000),
    ] {
        let server = Hostile::start(move |asked| match message(asked)["method"].as_str() {
            Some("tools/call") if has_token(asked) => {
                let answer = answer_to(asked, &json!({"content": []}));
                let events = format!("{before}data: {answer}\n\n");
                // It goes on for ever, and nobody waits for it.
                Act::Flood([stream(), chunked(events.as_bytes(), size)].concat(), chunked(b": x\n\n", 5))
            }
            _ => rightly(asked),
        });
        let report = survives(name, &server, &["--check", "garbage-token", "--timeout", "60"]);
        assert_eq!(report["target"]["call"], "tools/call whoami", "{name}");
        assert_eq!(verdicts(&report, "garbage-token"), ["pass"], "{name}");
    }
}

#[test]
fn a_challenge_of_a_hundred_thousand_parameters_is_read_in_good_time() {
    let parameters: String = (0..45_000).map(|n| format!("a{n:x}=b,")).collect();
    let repeated = "a=b,".repeat(90_000);
    let challenges = "Bearer,".repeat(50_000);
    for (name, value) in [("parameters", parameters), ("one parameter", repeated), ("challenges", challenges)] {
        let header = format!("WWW-Authenticate: Bearer {value}\r\n");
        let server = Hostile::start(move |asked| {
            if !has_token(asked) && asked.path == "/mcp" {
                json_answer("401 Unauthorized", &header, &json!({}))
            } else {
                rightly(asked)
            }
        });
        let checks = ["no-token", "challenge-grammar", "challenge-param-once", "challenge-bearer", "garbage-token"];
        let report = survives(name, &server, &[&AT_ONCE_ANSWERED[..], &chosen(&checks)].concat());
        assert_eq!(with_verdict(&report, "error"), BTreeSet::new(), "{name}");
        assert_eq!(verdicts(&report, "garbage-token"), ["pass"], "{name}");
    }
}

/// Lists in metadata that are as long as may be, and what is odd in them.
#[test]
fn metadata_without_measure_are_read_and_nothing_in_them_is_obeyed() {
    let issuers: Vec<String> = (0..40_000).map(|n| format!("http://127.0.0.1:1/{n}")).collect();
    let scopes: Vec<String> = (0..80_000).map(|n| format!("s{n}")).collect();
    let odd = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{e0041}\r\n";
    let keys: Vec<Value> =
        (0..2000).map(|_| json!({"kty": "RSA", "kid": "k", "n": "A".repeat(200), "e": "AQAB"})).collect();
    let giant = json!({"keys": [{"kty": "RSA", "kid": "k", "n": "_".repeat(400_000), "e": "_".repeat(90_000)}]});
    for (name, place, document) in [
        ("issuers", "/.well-known/oauth-protected-resource", json!({"authorization_servers": issuers})),
        ("scopes", "/.well-known/oauth-protected-resource", json!({"scopes_supported": scopes})),
        (
            "odd text",
            "/.well-known/oauth-protected-resource",
            json!({"authorization_servers": [odd], "scopes_supported": [odd], "resource": odd, "resource_name": odd,
                "jwks_uri": odd, "bearer_methods_supported": [odd], "signed_metadata": odd, odd: odd}),
        ),
        ("keys", "/keys", json!({"keys": keys})),
        ("a giant key", "/keys", giant),
        ("odd keys", "/keys", json!({"keys": [odd, 1, null, [], {"kty": odd, "kid": odd}]})),
    ] {
        let server = Hostile::start(move |asked| match () {
            () if asked.path.starts_with(place) => {
                let mut document = document.clone();
                if document.get("resource").is_none() {
                    document["resource"] = json!(format!("{}/mcp", origin(asked)));
                }
                json_answer("200 OK", "", &document)
            }
            () => rightly(asked),
        });
        let checks =
            ["metadata-issuers", "metadata-scopes", "metadata-arrays", "metadata-empty-values", "metadata-signed"];
        let others = ["metadata-jwks-uri", "metadata-wildcard-scope", "public-key-as-secret", "garbage-token"];
        let args = [&AT_ONCE_ANSWERED[..], &chosen(&checks), &chosen(&others)].concat();
        let report = survives(name, &server, &args);
        assert_eq!(with_verdict(&report, "error"), BTreeSet::new(), "{name}");
        assert_eq!(verdicts(&report, "garbage-token"), ["pass"], "{name}");
    }
}

#[test]
fn redirects_without_end_are_followed_a_few_times() {
    let hops = Arc::new(AtomicUsize::new(0));
    let hop = Arc::clone(&hops);
    let server = Hostile::start(move |asked| match () {
        () if asked.path.starts_with("/.well-known/") => {
            let next = hop.fetch_add(1, Ordering::Relaxed);
            let location = format!("Location: /.well-known/{next}\r\n");
            Act::answer("302 Found", "text/plain", &location, "")
        }
        () => rightly(asked),
    });
    let report = survives("redirects", &server, &["--check", "metadata-published", "--check", "garbage-token"]);
    assert_eq!(verdicts(&report, "metadata-published"), ["fail"], "{}", report["results"]);
    assert!(hops.load(Ordering::Relaxed) < 100, "{hops:?} hops");
}

/// A tools list is one page, of which a few tools are called, and none with a name that does more than name it.
#[test]
fn a_tools_list_without_measure_is_read_once_and_few_tools_are_called() {
    let odd = ["\u{1b}[2Jwipe", "who\u{202e}ami", "line\nbreak", "bell\u{7}", "\u{9b}31m", "tag\u{e0041}"];
    let long = "x".repeat(300_000);
    let many: Vec<Value> = (0..9000).map(|n| tool(&format!("tool_{n}"))).collect();
    let too_many: Vec<Value> = (0..100_000).map(|n| tool(&format!("tool_{n}"))).collect();
    let odd: Vec<Value> = odd.into_iter().chain([long.as_str()]).map(tool).collect();
    for (name, tools) in [("many", many), ("too many", too_many), ("odd", odd)] {
        let (called, pages) = (Arc::new(Mutex::new(BTreeSet::new())), Arc::new(AtomicUsize::new(0)));
        let (calls, page) = (Arc::clone(&called), Arc::clone(&pages));
        let server = Hostile::start(move |asked| {
            let message = message(asked);
            match message["method"].as_str() {
                Some("tools/list") if has_token(asked) => {
                    let next = page.fetch_add(usize::from(message["params"]["cursor"].is_string()), Ordering::Relaxed);
                    result(asked, &json!({"tools": tools, "nextCursor": format!("page-{next}")}))
                }
                Some("tools/call") if has_token(asked) => {
                    let tool = message["params"]["name"].as_str().unwrap_or_default().to_owned();
                    calls.lock().expect("nobody panicked").insert(tool);
                    rightly(asked)
                }
                _ => rightly(asked),
            }
        });
        let checks = ["garbage-token", "list-without-token", "processing-without-token"];
        let report = survives(name, &server, &[&AT_ONCE_ANSWERED[..], &chosen(&checks)].concat());
        assert_eq!(with_verdict(&report, "error"), BTreeSet::new(), "{name}");
        assert_eq!(pages.load(Ordering::Relaxed), 0, "{name}: no page but the first is asked for");
        let called = called.lock().expect("nobody panicked").clone();
        let expected = if name == "many" { 1..=6 } else { 0..=0 };
        // A name that nobody has is called, too, to see that nothing answers.
        let listed = called.iter().filter(|name| !name.starts_with("conformance-")).count();
        assert!(expected.contains(&listed), "{name}: {called:?}");
    }
}

/// What a session id holds goes out again with every request.
#[test]
fn a_session_id_without_measure_is_none() {
    for (name, length) in [("a megabyte", 1 << 20), ("what a header holds", 300_000)] {
        let session = "s".repeat(length);
        let server = Hostile::start(move |asked| match message(asked)["method"].as_str() {
            Some("initialize") if has_token(asked) => {
                let server = json!({"name": "hostile", "version": "1"});
                let begun = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": server});
                let header = format!("Mcp-Session-Id: {session}\r\n");
                json_answer("200 OK", &header, &answer_to(asked, &begun))
            }
            _ => rightly(asked),
        });
        let report = survives(name, &server, &["--check", "garbage-token", "--check", "session-without-token"]);
        assert_eq!(with_verdict(&report, "error"), BTreeSet::new(), "{name}");
        assert!(!verdicts(&report, "garbage-token").contains(&"fail"), "{name}");
    }
}

/// A refusal counts where the good token is served once more after it.
#[test]
fn a_server_that_serves_so_many_requests_and_no_more_proves_what_it_refused_before() {
    let counts: Vec<usize> = (0..16).collect();
    each(&counts, |&count| {
        // The good tokens that were served since a bad one was refused; none where none was.
        let since_refusal = Arc::new(Mutex::new(None::<usize>));
        let (served_since, left) = (Arc::clone(&since_refusal), AtomicUsize::new(count));
        let server = Hostile::start(move |asked| {
            let mut since = served_since.lock().expect("nobody panicked");
            if !has_token(asked) {
                // What shows a framework's ways is sent before the check begins.
                let counts = asked.header("authorization").is_some_and(|sent| !sent.ends_with(" not-a-token"));
                *since = if counts { Some(0) } else { *since };
                return rightly(asked);
            }
            if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
                return Act::challenge();
            }
            *since = since.map(|served| served + 1);
            rightly(asked)
        });
        let report = survives("so many", &server, &[&AT_ONCE_ANSWERED[..], &chosen(&["garbage-token"])].concat());
        let is_proven = since_refusal.lock().expect("nobody panicked").is_some_and(|served| served > 0);
        let expected = if is_proven { "pass" } else { "inconclusive" };
        assert_eq!(verdicts(&report, "garbage-token"), [expected], "{count}: {}", report["results"]);
    });
}

/// One of two servers behind one address is broken, or each request is answered in another way.
#[test]
fn a_server_that_answers_differently_each_time_proves_nothing() {
    let refusals = |nth: usize| if nth % 2 == 1 { Some(Act::challenge()) } else { None };
    let guards = |nth: usize| if nth % 3 == 1 { Some(json_answer("403 Forbidden", "", &json!({}))) } else { None };
    let anything = |nth: usize| match nth % 5 {
        0 => None,
        1 => Some(Act::challenge()),
        2 => Some(Act::answer("429 Too Many Requests", "text/plain", "Retry-After: 1\r\n", "")),
        3 => Some(Act::Close),
        _ => Some(Act::Say(b"\x1b[2J".to_vec())),
    };
    for (name, decides) in
        [("refusals", refusals as Decides), ("guards", guards as Decides), ("anything", anything as Decides)]
    {
        // One check at a time: of controls that cross on their way nobody knows which one was answered first.
        for check in ["garbage-token", "unsigned-token", "tampered-claims", "scheme-letter-case"] {
            // As many as it takes to find out that the token is good, and then differently.
            let seen = AtomicUsize::new(0);
            let server = Hostile::start(move |asked| {
                let is_known = has_token(asked) && message(asked)["method"] == "tools/call";
                let nth = seen.fetch_add(usize::from(is_known), Ordering::Relaxed);
                let act = if is_known && nth >= 2 { decides(nth) } else { None };
                act.unwrap_or_else(|| rightly(asked))
            });
            let report = survives(name, &server, &[&AT_ONCE_ANSWERED[..], &chosen(&[check])].concat());
            assert_eq!(verdicts(&report, check), ["inconclusive"], "{check}, {name}: {}", report["results"]);
        }
    }
}

/// A layer in front that looks at no token at all.
#[test]
fn a_layer_in_front_that_turns_all_away_proves_nothing() {
    let statuses =
        ["403 Forbidden", "421 Misdirected Request", "429 Too Many Requests", "400 Bad Request", "406 Not Acceptable"];
    each(&statuses, |status| {
        let server = Hostile::always(Act::answer(status, "text/plain", "", "no"));
        let report = survives(status, &server, &AT_ONCE_ANSWERED);
        let proven: Vec<_> =
            with_verdict(&report, "pass").into_iter().filter(|id| id.ends_with("-without-token")).collect();
        assert_eq!((with_verdict(&report, "fail"), proven), (BTreeSet::new(), Vec::new()), "{status}");
    });
}

/// A limit that is reached in the middle of a run is said to be one, and no finding.
#[test]
fn a_limit_on_requests_is_neither_a_finding_nor_a_proof() {
    let seen = AtomicUsize::new(0);
    let server = Hostile::start(move |asked| {
        if asked.path == "/mcp" && seen.fetch_add(1, Ordering::Relaxed) >= 60 {
            return Act::answer("429 Too Many Requests", "text/plain", "Retry-After: 60\r\n", "");
        }
        rightly(asked)
    });
    let checks =
        ["garbage-token", "unsigned-token", "tampered-claims", "foreign-signature", "other-jwts", "scheme-letter-case"];
    let checks =
        [&checks[..], &["path-variants-without-token", "override-headers-without-token", "batch-without-token"]]
            .concat();
    let args: Vec<&str> = checks.iter().flat_map(|check| ["--check", check]).collect();
    let report = survives("a limit", &server, &[&AT_ONCE_ANSWERED[..], &args].concat());
    assert_eq!(with_verdict(&report, "fail"), BTreeSet::new(), "{}", report["results"]);
    assert!(!with_verdict(&report, "inconclusive").is_empty(), "{}", report["results"]);
}
