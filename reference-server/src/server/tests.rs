//! The whole server over HTTP, with raw requests of both eras.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{
    HeaderMap, HeaderValue, Request, StatusCode,
    header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::Instant;
use tower::ServiceExt;

use crate::{
    audit::{AuditRecord, AuditSink, Decision, JsonLines},
    config::Config,
    fixture::{A, Answer, B, Kept, RESOURCE, StandingClock, Zone, ports, with},
    mcp::MAX_BODY_BYTES,
    ports::{Ports, SystemClock, SystemEntropy},
    server::{ReferenceServer, app, zone_verifier},
    tools::Tools,
};

const METADATA: &str = "http://localhost:8080/.well-known/oauth-protected-resource/mcp";
const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

struct Server {
    app: Router,
    zone: Zone,
    audit: Arc<Kept>,
}

/// A response, read to its end.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    fn challenge(&self) -> &str {
        assert_eq!(self.headers.get_all(WWW_AUTHENTICATE).iter().count(), 1);
        self.headers[WWW_AUTHENTICATE].to_str().unwrap()
    }

    /// The text of a tool's result.
    fn text(&self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.json()["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

impl Server {
    async fn start() -> Self {
        Self::configured(|config| config).await
    }

    async fn configured(change: impl FnOnce(Config) -> Config) -> Self {
        let zone = Zone::start(&[&A]).await;
        let audit = Arc::new(Kept::default());
        let ports = ports(&StandingClock::new(), &audit);
        let config = change(Config::new(&zone.url).unwrap());
        let app = app(&config, Tools::new(), zone_verifier(&config, &ports).unwrap(), &ports);
        Self { app, zone, audit }
    }

    fn token(&self, scope: &str) -> String {
        self.token_of("alice", scope)
    }

    fn token_of(&self, subject: &str, scope: &str) -> String {
        A.token(&with(self.zone.claims(), &json!({ "sub": subject, "scope": scope })))
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// POST to the endpoint, with a token or none.
    async fn post(&self, token: Option<&str>, headers: &[(&str, &str)], body: impl ToString) -> Reply {
        let mut request = post(body.to_string());
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(built(request)).await
    }

    /// A call in the older era.
    async fn call(&self, token: Option<&str>, tool: &str, arguments: Value) -> Reply {
        self.post(token, &[("MCP-Protocol-Version", LEGACY)], call(tool, arguments)).await
    }

    /// A request of the newer era, its standard headers made from its body.
    async fn modern(&self, token: Option<&str>, mut body: Value, but: &[(&str, &str)]) -> Reply {
        body["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let method = body["method"].as_str().unwrap().to_owned();
        let name = body["params"]["name"].as_str().map(str::to_owned);
        let mut headers = vec![("MCP-Protocol-Version", MODERN), ("Mcp-Method", method.as_str())];
        headers.extend(name.as_deref().map(|name| ("Mcp-Name", name)));
        for (name, value) in but {
            headers.retain(|(other, _)| other != name);
            if !value.is_empty() {
                headers.push((name, value));
            }
        }
        self.post(token, &headers, body).await
    }
}

/// A builder holds no body: it travels among the extensions, and [`built`] puts it in its place.
fn post(body: String) -> http::request::Builder {
    Request::post("/mcp")
        .header("Host", "localhost:8080")
        .header(CONTENT_TYPE, "application/json")
        .header("Accept", "application/json, text/event-stream")
        .extension(body)
}

fn built(request: http::request::Builder) -> Request<Body> {
    let mut request = request.body(Body::empty()).unwrap();
    if let Some(body) = request.extensions_mut().remove::<String>() {
        *request.body_mut() = Body::from(body);
    }
    request
}

#[expect(clippy::needless_pass_by_value, reason = "it reads better where it is called")]
fn call(tool: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

fn list() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} })
}

fn initialize(version: &str) -> Value {
    let client = json!({ "name": "test", "version": "1" });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {}, "clientInfo": client,
    } })
}

// ---- both eras ----

#[tokio::test]
async fn the_older_era_works_from_initialize_to_a_call() {
    let server = Server::start().await;
    let token = server.token("");
    let hello = server.post(Some(&token), &[], initialize(LEGACY)).await;
    assert_eq!(hello.json()["result"]["protocolVersion"], LEGACY);
    assert!(!hello.headers.contains_key("mcp-session-id"));

    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let accepted = server.post(Some(&token), &[("MCP-Protocol-Version", LEGACY)], initialized).await;
    assert_eq!((accepted.status, accepted.body.as_str()), (StatusCode::ACCEPTED, ""));

    let listed = server.post(Some(&token), &[("MCP-Protocol-Version", LEGACY)], list()).await;
    assert_eq!(listed.headers[CONTENT_TYPE], "application/json");
    let tools = listed.json()["result"]["tools"].clone();
    let names: Vec<_> = tools.as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["hello_world", "read_report", "whoami"]);
    assert_eq!(tools[1]["_meta"], json!({ "requiredScopes": ["reports:read"] }));
    assert_eq!(tools[2]["annotations"]["readOnlyHint"], true);

    let greeted = server.call(Some(&token), "hello_world", json!({ "name": "Ada" })).await;
    assert_eq!(greeted.text(), "Hello, Ada! You are authenticated.");
}

#[tokio::test]
async fn the_newer_era_works_from_discovery_to_a_call() {
    let server = Server::start().await;
    let token = server.token("reports:read");
    let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {} });
    let found = server.modern(Some(&token), discover, &[]).await.json()["result"].clone();
    assert_eq!(found["supportedVersions"], json!([LEGACY, MODERN]));
    assert_eq!(found["resultType"], "complete");

    let listed = server.modern(Some(&token), list(), &[("Mcp-Session-Id", "made-up"), ("Last-Event-ID", "7")]).await;
    assert_eq!(listed.status, StatusCode::OK);
    assert!(!listed.headers.contains_key("mcp-session-id"));
    let listed = listed.json()["result"].clone();
    assert_eq!(listed["resultType"], "complete");
    assert!(listed["ttlMs"].is_number() && listed["cacheScope"].is_string());

    let read = server.modern(Some(&token), call("read_report", json!({})), &[]).await;
    assert!(read.text().contains("report"));
}

#[tokio::test]
async fn whoami_shows_the_verified_caller_and_nothing_that_was_claimed() {
    let server = Server::start().await;
    let token = server.token("reports:read extra");
    let claimed = [("X-User", "mallory"), ("MCP-Protocol-Version", LEGACY)];
    let who = server.post(Some(&token), &claimed, call("whoami", json!({ "subject": "mallory" }))).await;
    let expected = json!({ "subject": "alice", "client_id": "ua:1", "scopes": ["reports:read", "extra"] });
    assert_eq!(who.json()["result"]["structuredContent"], expected);
    assert!(!who.body.contains("mallory"));
}

#[tokio::test]
async fn callers_at_the_same_time_are_kept_apart() {
    let server = Arc::new(Server::start().await);
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let server = server.clone();
            tokio::spawn(async move {
                let subject = format!("user-{n}");
                let who = server.call(Some(&server.token_of(&subject, "")), "whoami", json!({})).await;
                assert_eq!(who.json()["result"]["structuredContent"]["subject"], subject);
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn standard_headers_that_lie_or_are_missing_are_refused() {
    let server = Server::start().await;
    let token = server.token("reports:read");
    for but in [
        ("Mcp-Method", ""),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Name", ""),
        ("Mcp-Name", "hello_world"),
        ("MCP-Protocol-Version", ""),
        ("MCP-Protocol-Version", LEGACY),
    ] {
        let reply = server.modern(Some(&token), call("read_report", json!({})), &[but]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{but:?} {}", reply.body);
        assert_eq!(reply.json()["error"]["code"], -32020, "{but:?} {}", reply.body);
        assert_eq!(reply.json()["id"], 7);
    }
    let unknown = json!({ "jsonrpc": "2.0", "id": 1, "method": "suite/unknown", "params": {} });
    let reply = server.modern(Some(&token), unknown, &[]).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (StatusCode::NOT_FOUND, json!(-32601)));
}

#[tokio::test]
async fn a_request_of_the_newer_era_says_what_its_client_can_do() {
    let server = Server::start().await;
    let mut body = list();
    body["params"]["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": MODERN });
    let headers = [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/list")];
    let reply = server.post(Some(&server.token("")), &headers, body).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (StatusCode::BAD_REQUEST, json!(-32602)));
}

#[tokio::test]
async fn a_wrapped_name_is_unwrapped_before_it_is_compared() {
    let server = Server::start().await;
    let token = server.token("");
    let who = server.modern(Some(&token), call("whoami", json!({})), &[("Mcp-Name", "=?base64?d2hvYW1p?=")]).await;
    assert_eq!(who.status, StatusCode::OK);
    let other = server.modern(Some(&token), call("whoami", json!({})), &[("Mcp-Name", "=?base64?d2hv?=")]).await;
    assert_eq!(other.json()["error"]["code"], -32020);
}

#[tokio::test]
async fn only_the_two_revisions_are_offered() {
    let server = Server::start().await;
    let token = server.token("");
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "1999-01-01"] {
        let hello = server.post(Some(&token), &[], initialize(version)).await;
        assert_eq!(hello.json()["result"]["protocolVersion"], LEGACY, "{version}");
        let refused = server.post(Some(&token), &[("MCP-Protocol-Version", version)], list()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{version}");
        assert_eq!(refused.json()["id"], 1);
    }
    // A client that names it on `initialize` too is negotiated with all the same.
    let hello = server.post(Some(&token), &[("MCP-Protocol-Version", "2025-06-18")], initialize("2025-06-18")).await;
    assert_eq!(hello.json()["result"]["protocolVersion"], LEGACY);

    let twice = [("MCP-Protocol-Version", LEGACY), ("MCP-Protocol-Version", "2025-06-18")];
    assert_eq!(server.post(Some(&token), &twice, list()).await.status, StatusCode::BAD_REQUEST);
    for odd in ["soon", "2025-11-25 "] {
        let reply = server.post(Some(&token), &[("MCP-Protocol-Version", odd)], list()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{odd}");
    }
    assert_eq!(server.post(Some(&token), &[], list()).await.status, StatusCode::OK);

    let mut body = list();
    body["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "1999-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let headers = [("MCP-Protocol-Version", "1999-01-01"), ("Mcp-Method", "tools/list")];
    let reply = server.post(Some(&token), &headers, body).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (StatusCode::BAD_REQUEST, json!(-32022)));
    assert_eq!(reply.json()["error"]["data"]["supported"], json!([LEGACY, MODERN]));
}

#[tokio::test]
async fn what_is_no_message_gets_a_json_rpc_error_with_the_id_if_it_has_one() {
    let server = Server::start().await;
    let token = server.token("");
    for (body, code, id) in [
        ("", -32700, json!(null)),
        ("{", -32700, json!(null)),
        ("[]", -32600, json!(null)),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600, json!(null)),
        (r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, -32600, json!(1)),
        (r#"{"id":"x","method":"tools/list"}"#, -32600, json!("x")),
        (r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, -32600, json!(null)),
        (r#"{"jsonrpc":"2.0","id":2}"#, -32600, json!(2)),
        (r#"{"jsonrpc":"2.0","id":2,"method":7}"#, -32600, json!(2)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":[]}"#, -32600, json!(2)),
        // serde takes arrays for structures, member by position.
        (r#"["2.0",2,"tools/call",{"name":"whoami"}]"#, -32600, json!(null)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":["whoami","read_report"]}"#, -32600, json!(2)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whoami","_meta":[]}}"#, -32600, json!(2)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":null}"#, -32600, json!(2)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call"}"#, -32602, json!(2)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":["whoami"]}}"#, -32602, json!(2)),
    ] {
        let reply = server.post(Some(&token), &[], body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(reply.json()["error"]["code"], code, "{body} {}", reply.body);
        assert_eq!(reply.json()["id"], id, "{body}");
    }
    let response = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    assert_eq!(server.post(Some(&token), &[], response).await.status, StatusCode::BAD_REQUEST);
}

// ---- who is let in ----

#[tokio::test]
async fn without_a_token_every_method_of_http_gets_the_whole_challenge() {
    let server = Server::start().await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        let request = Request::builder().method(method).uri("/mcp").header("Host", "localhost:8080");
        let reply = server.send(built(request)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method}");
        assert_eq!(reply.challenge(), format!("Bearer resource_metadata=\"{METADATA}\""), "{method}");
        assert_eq!(reply.headers[CACHE_CONTROL], "no-store");
    }
    let ping = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    for body in [initialize(LEGACY), list(), ping, call("hello_world", json!({ "name": "a" })), json!([])] {
        assert_eq!(server.post(None, &[], &body).await.status, StatusCode::UNAUTHORIZED, "{body}");
        let modern = server.modern(None, with(json!({ "method": "x", "params": {} }), &json!({})), &[]).await;
        assert_eq!(modern.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn with_a_token_what_is_not_post_is_405_and_says_what_is_allowed() {
    let server = Server::start().await;
    for method in ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"] {
        let request = Request::builder()
            .method(method)
            .uri("/mcp")
            .header("Host", "localhost:8080")
            .header("Accept", "text/event-stream")
            .header(AUTHORIZATION, format!("Bearer {}", server.token("")));
        let reply = server.send(built(request)).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(reply.headers[ALLOW], "POST", "{method}");
    }
}

#[tokio::test]
async fn a_bad_token_is_told_why_in_our_words() {
    let server = Server::start().await;
    let hostile = json!({ "sub": "\"\r\n\\ \u{e9}", "aud": "x\"y\r\nSet-Cookie: a=b" });
    let foreign = A.token(&with(server.zone.claims(), &hostile));
    for (token, description) in [
        ("garbage", "the token is not a well-formed JWT"),
        (foreign.as_str(), "the token was issued for another resource"),
        (&A.token(&with(server.zone.claims(), &json!({ "exp": 1 }))), "the token has expired"),
        (&B.token(&server.zone.claims()), "the token is signed with a key that is not known"),
    ] {
        let reply = server.post(Some(token), &[], list()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            reply.challenge(),
            format!(
                "Bearer error=\"invalid_token\", error_description=\"{description}\", resource_metadata=\"{METADATA}\""
            )
        );
        assert!(!reply.body.contains(token));
    }
}

#[tokio::test]
async fn an_authorization_field_that_cannot_be_read_is_a_bad_request() {
    let server = Server::start().await;
    let token = server.token("");
    let one = format!("Bearer {token}");
    for fields in [vec!["Bearer"], vec!["Bearer a b"], vec![&one, &one], vec!["Bearer a", "Bearer b"]] {
        let mut request = built(post(list().to_string()));
        for field in &fields {
            request.headers_mut().append(AUTHORIZATION, HeaderValue::from_str(field).unwrap());
        }
        let reply = server.send(request).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{fields:?}");
        assert!(reply.challenge().starts_with("Bearer error=\"invalid_request\""), "{fields:?}");
        assert!(reply.challenge().contains(METADATA));
    }
    for field in ["Basic YTpi", &token, "Token a"] {
        let request = post(list().to_string()).header(AUTHORIZATION, field);
        let reply = server.send(built(request)).await;
        assert_eq!(reply.challenge(), format!("Bearer resource_metadata=\"{METADATA}\""));
    }
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let request = post(list().to_string()).header(AUTHORIZATION, format!("{scheme} {token}"));
        assert_eq!(server.send(built(request)).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_anywhere_but_in_the_header_is_not_seen() {
    let server = Server::start().await;
    let token = server.token("");
    let mut request = built(post(list().to_string()).header("Cookie", format!("access_token={token}")));
    *request.uri_mut() = format!("/mcp?access_token={token}").parse().unwrap();
    assert_eq!(server.send(request).await.status, StatusCode::UNAUTHORIZED);

    let form = built(post(format!("access_token={token}")));
    assert_eq!(server.send(form).await.status, StatusCode::UNAUTHORIZED);

    let mut request = built(post(list().to_string()).header(AUTHORIZATION, "Bearer garbage"));
    *request.uri_mut() = format!("/mcp?access_token={token}").parse().unwrap();
    assert_eq!(server.send(request).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_zone_that_cannot_be_reached_is_503_and_never_yes() {
    let server = Server::start().await;
    server.zone.answer(Answer::Status(500));
    for token in [server.token(""), B.token(&server.zone.claims())] {
        let reply = server.post(Some(&token), &[], list()).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers[RETRY_AFTER], "5");
    }
    // What needs no key is refused as ever.
    assert_eq!(server.post(Some("garbage"), &[], list()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.zone.key_requests(), 1);
}

// ---- scopes ----

#[tokio::test]
async fn a_scope_that_is_missing_is_asked_for_and_then_enough() {
    let server = Server::start().await;
    for scope in ["", "reports", "reports:read-all", "REPORTS:READ", "reports:write"] {
        for modern in [false, true] {
            let token = server.token(scope);
            let reply = if modern {
                server.modern(Some(&token), call("read_report", json!({})), &[]).await
            } else {
                server.call(Some(&token), "read_report", json!({})).await
            };
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{scope}");
            assert_eq!(
                reply.challenge(),
                format!(
                    "Bearer error=\"insufficient_scope\", error_description=\"this operation needs all of the scopes \
                     named here\", scope=\"reports:read\", resource_metadata=\"{METADATA}\""
                )
            );
            assert_eq!(server.call(Some(&token), "whoami", json!({})).await.status, StatusCode::OK);
        }
    }
    for scope in ["reports:read", "a reports:read b", "b a reports:read"] {
        let read = server.call(Some(&server.token(scope)), "read_report", json!({})).await;
        assert!(read.text().contains("report"), "{scope}");
    }
}

#[tokio::test]
async fn the_first_challenge_names_the_scope_already() {
    let server = Server::start().await;
    let expected = format!("Bearer scope=\"reports:read\", resource_metadata=\"{METADATA}\"");
    assert_eq!(server.call(None, "read_report", json!({})).await.challenge(), expected);
    let other = server.call(None, "whoami", json!({})).await;
    assert_eq!(other.challenge(), format!("Bearer resource_metadata=\"{METADATA}\""));
    let expired = A.token(&with(server.zone.claims(), &json!({ "exp": 1 })));
    assert!(server.call(Some(&expired), "read_report", json!({})).await.challenge().contains("scope=\"reports:read\""));
}

#[tokio::test]
async fn the_body_decides_about_the_scope_and_may_not_contradict_itself() {
    let server = Server::start().await;
    let token = server.token("");
    // An older request may say anything in these fields.
    let lies = [("MCP-Protocol-Version", LEGACY), ("Mcp-Name", "whoami"), ("Mcp-Method", "tools/list")];
    let reply = server.post(Some(&token), &lies, call("read_report", json!({}))).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","name":"read_report"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_report","name":"whoami"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"n\u0061me":"whoami","name":"read_report"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"read_report"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"tools/list","params":{"name":"read_report"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"},"params":{"name":"read_report"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{"a":1,"a":2}}}"#,
    ] {
        let reply = server.post(Some(&token), &[], body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(reply.json()["error"]["code"], -32600, "{body}");
    }
    let escaped = r#"{"jsonrpc":"2.0","id":1,"meth\u006fd":"tools\u002fcall","params":{"name":"read\u005freport"}}"#;
    assert_eq!(server.post(Some(&token), &[], escaped).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_unknown_tool_is_the_services_matter() {
    let server = Server::start().await;
    let reply = server.call(Some(&server.token("")), "no_such_tool", json!({})).await;
    assert_eq!(reply.json()["error"]["code"], -32602);
    assert_eq!(reply.json()["id"], 7);
}

// ---- metadata and transport ----

#[tokio::test]
async fn the_metadata_is_there_for_everybody() {
    let server = Server::start().await;
    for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
        for authorization in [None, Some("Bearer garbage")] {
            let mut request = Request::get(path).header("Accept", "application/json");
            if let Some(authorization) = authorization {
                request = request.header(AUTHORIZATION, authorization);
            }
            let reply = server.send(built(request)).await;
            assert_eq!(reply.status, StatusCode::OK);
            assert_eq!(reply.headers[CONTENT_TYPE], "application/json");
            assert_eq!(reply.headers[CACHE_CONTROL], "public, max-age=300");
            assert_eq!(reply.headers["access-control-allow-origin"], "*");
            assert_eq!(
                reply.json(),
                json!({
                    "resource": RESOURCE,
                    "authorization_servers": [server.zone.url],
                    "scopes_supported": ["reports:read"],
                    "bearer_methods_supported": ["header"],
                    "resource_name": "Hello World MCP Server",
                })
            );
        }
        let head = server.send(built(Request::head(path))).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
        let posted = server.send(built(Request::post(path))).await;
        assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
        let asked = server.send(built(Request::options(path).header("Origin", "https://a.example"))).await;
        assert_eq!(asked.headers["access-control-allow-origin"], "*");
    }
    for path in ["/.well-known/oauth-protected-resource/other", "/.well-known/oauth-protected-resource/", "/.env", "/"]
    {
        assert_eq!(server.send(built(Request::get(path))).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(server.zone.metadata_requests(), 0);
}

#[tokio::test]
async fn nothing_lies_beneath_the_endpoint() {
    let server = Server::start().await;
    for path in ["/mcp/", "/mcp/x", "//mcp", "/MCP"] {
        let mut request = built(post(list().to_string()).header(AUTHORIZATION, format!("Bearer {}", server.token(""))));
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(server.send(request).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_forbidden() {
    let server = Server::start().await;
    let token = format!("Bearer {}", server.token(""));
    for origin in ["https://evil.example", "null", "http://localhost:8080.evil.example", "http://localhost:8080"] {
        let request = post(list().to_string()).header(AUTHORIZATION, &token).header("Origin", origin);
        assert_eq!(server.send(built(request)).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    for (host, status) in [
        ("evil.example", StatusCode::FORBIDDEN),
        ("localhost.evil.example:8080", StatusCode::FORBIDDEN),
        ("127.0.0.1:8080", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
    ] {
        let mut request = built(post(list().to_string()).header(AUTHORIZATION, &token));
        request.headers_mut().insert("host", HeaderValue::from_static(host));
        assert_eq!(server.send(request).await.status, status, "{host}");
    }
}

fn preflight(origin: &str) -> http::request::Builder {
    Request::options("/mcp")
        .header("Host", "localhost:8080")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type,mcp-protocol-version")
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_ask_call_and_read_the_challenge() {
    let server = Server::configured(|config| config.with_allowed_origin("https://App.example.com").unwrap()).await;
    let origin = "https://app.example.com";
    let list_of = |reply: &Reply, name: &str| {
        let field = reply.headers[name].to_str().unwrap().to_ascii_lowercase();
        field.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()
    };

    let asked = server.send(built(preflight(origin))).await;
    assert!(asked.status.is_success(), "{}", asked.status);
    assert_eq!(asked.headers["access-control-allow-origin"], origin);
    assert_eq!(list_of(&asked, "access-control-allow-methods"), ["get", "post", "delete"]);
    let allowed = list_of(&asked, "access-control-allow-headers");
    for name in
        ["authorization", "content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"]
    {
        assert!(allowed.iter().any(|other| other == name), "{name}");
    }

    let challenged = server.post(None, &[("Origin", origin)], list()).await;
    assert_eq!(challenged.status, StatusCode::UNAUTHORIZED);
    assert!(challenged.challenge().contains(METADATA));
    let served = server.post(Some(&server.token("")), &[("Origin", origin)], list()).await;
    assert_eq!(served.status, StatusCode::OK);
    for reply in [challenged, served] {
        assert_eq!(reply.headers["access-control-allow-origin"], origin);
        assert_eq!(list_of(&reply, "access-control-expose-headers"), ["www-authenticate", "mcp-session-id"]);
        assert!(list_of(&reply, "vary").iter().any(|name| name == "origin"));
        assert!(!reply.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_neither_ask_nor_call() {
    let server = Server::configured(|config| config.with_allowed_origin("https://app.example.com").unwrap()).await;
    for origin in ["https://evil.example", "http://app.example.com", "https://app.example.com:8443", "null"] {
        let asked = server.send(built(preflight(origin))).await;
        assert!(!asked.headers.contains_key("access-control-allow-origin"), "{origin}");
        let called = server.post(Some(&server.token("")), &[("Origin", origin)], list()).await;
        assert_eq!(called.status, StatusCode::FORBIDDEN, "{origin}");
        assert!(!called.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    // Where no origin is listed, a preflight is a request without a token.
    let closed = Server::start().await;
    let asked = closed.send(built(preflight("https://app.example.com"))).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(!asked.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let server = Server::start().await;
    let long = call("hello_world", json!({ "name": "a".repeat(MAX_BODY_BYTES) }));
    assert_eq!(server.post(Some(&server.token("")), &[], &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.post(None, &[], &long).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let server = Server::start().await;
    let trailers = std::future::pending::<Option<Result<HeaderMap, std::convert::Infallible>>>();
    let endless = Body::new(http_body_util::Empty::new().with_trailers(trailers));
    let mut request = built(post(String::new()));
    *request.body_mut() = endless;
    assert_eq!(server.send(request).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_listened_to_for_a_second_and_64_kib() {
    let server = Server::start().await;
    for token in [None, Some("Bearer garbage"), Some("Bearer a b")] {
        for (sent, patience) in [(1, Duration::from_secs(1)), (64 * 1024 + 1, Duration::ZERO)] {
            let never = std::future::pending::<Option<Result<HeaderMap, std::convert::Infallible>>>();
            let body = http_body_util::Full::new(axum::body::Bytes::from(vec![b' '; sent])).with_trailers(never);
            let mut request = built(post(String::new()));
            *request.body_mut() = Body::new(body);
            if let Some(token) = token {
                request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(token).unwrap());
            }
            let began = Instant::now();
            let reply = server.send(request).await;
            assert!(matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST), "{}", reply.status);
            assert!(reply.challenge().ends_with(&format!("resource_metadata=\"{METADATA}\"")));
            // To the millisecond, which is how finely the timer counts.
            assert!(began.elapsed() <= patience + Duration::from_millis(2), "{token:?} {:?}", began.elapsed());
        }
    }
}

// ---- the trail ----

#[tokio::test]
async fn each_call_leaves_one_record_and_nothing_else_does() {
    let server = Server::start().await;
    let narrow = server.token("");
    let wide = A.token(&with(server.zone.claims(), &json!({ "jti": "t-2", "scope": "reports:read" })));
    server.post(Some(&narrow), &[], list()).await;
    server.post(None, &[], list()).await;
    assert_eq!(server.audit.all(), []);

    server.call(Some(&narrow), "hello_world", json!({ "name": "my-secret-value" })).await;
    server.call(Some(&narrow), "read_report", json!({})).await;
    server.call(Some(&wide), "read_report", json!({})).await;
    server.call(Some(&narrow), "hello_world", json!({ "name": 7 })).await;
    server.call(Some("garbage"), "whoami", json!({})).await;
    server.call(None, "whoami", json!({})).await;

    let records = server.audit.all();
    let seen: Vec<_> =
        records.iter().map(|record| (record.tool.as_str(), record.decision, record.reason, record.status)).collect();
    assert_eq!(
        seen,
        [
            ("hello_world", Decision::Allowed, "served", Some(200)),
            ("read_report", Decision::Denied, "insufficient_scope", Some(403)),
            ("read_report", Decision::Allowed, "served", Some(200)),
            ("hello_world", Decision::Allowed, "served", Some(200)),
            ("whoami", Decision::Denied, "token_malformed", Some(401)),
            ("whoami", Decision::Denied, "no_credentials", Some(401)),
        ]
    );
    for record in &records[..4] {
        assert_eq!((record.subject.as_deref(), record.client_id.as_deref()), (Some("alice"), Some("ua:1")));
    }
    for record in &records[4..] {
        assert_eq!((&record.subject, &record.client_id, &record.correlation_id), (&None, &None, &None));
    }
    // The refusal for scope and the call with the wider token belong together, and say which token was which.
    assert_eq!(records[1].correlation_id, records[2].correlation_id);
    assert_eq!((records[1].token_id.as_deref(), records[2].token_id.as_deref()), (Some("t-1"), Some("t-2")));
    assert_eq!(records[1].scopes_needed.to_string(), "reports:read");
    assert_eq!(records[0].arguments, ["name"]);
    let text = serde_json::to_string(&records).unwrap();
    for secret in ["my-secret-value", narrow.as_str(), narrow.split('.').nth(1).unwrap(), "garbage"] {
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn a_call_that_is_refused_behind_the_guard_is_not_recorded_as_allowed() {
    let server = Server::start().await;
    let token = server.token("reports:read");
    let foreign_origin = [("MCP-Protocol-Version", LEGACY), ("Origin", "https://evil.example")];
    server.post(Some(&token), &foreign_origin, call("whoami", json!({}))).await;
    let mut foreign_host =
        built(post(call("whoami", json!({})).to_string()).header(AUTHORIZATION, format!("Bearer {token}")));
    foreign_host.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
    server.send(foreign_host).await;
    server.modern(Some(&token), call("read_report", json!({})), &[("Mcp-Name", "whoami")]).await;

    let records = server.audit.all();
    let seen: Vec<_> =
        records.iter().map(|record| (record.tool.as_str(), record.decision, record.reason, record.status)).collect();
    assert_eq!(
        seen,
        [
            ("whoami", Decision::Denied, "refused_by_service", Some(403)),
            ("whoami", Decision::Denied, "refused_by_service", Some(403)),
            ("read_report", Decision::Denied, "refused_by_service", Some(400)),
        ]
    );
    assert!(records.iter().all(|record| record.subject.as_deref() == Some("alice")));
}

#[tokio::test]
async fn a_request_that_cannot_be_understood_leaves_a_record_of_who_sent_it() {
    let server = Server::start().await;
    let token = server.token("");
    let doubled = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","name":"read_report"}}"#;
    server.post(Some(&token), &[], doubled).await;
    server.post(Some(&token), &[("MCP-Protocol-Version", "1999-01-01")], call("whoami", json!({ "a": 1 }))).await;
    server.post(Some(&token), &[], call("whoami", json!({ "a": "a".repeat(MAX_BODY_BYTES) }))).await;
    // A stranger is told nothing about the body, and a body that says nothing leaves nothing.
    server.post(None, &[], doubled).await;

    let records = server.audit.all();
    let seen: Vec<_> = records
        .iter()
        .map(|record| (record.tool.as_str(), record.arguments.join(" "), record.reason, record.status))
        .collect();
    assert_eq!(
        seen,
        [
            ("", String::new(), "request_refused", Some(400)),
            ("whoami", "a".to_owned(), "request_refused", Some(400)),
            ("", String::new(), "request_refused", Some(413)),
        ]
    );
    for record in records {
        assert_eq!((record.decision, record.subject.as_deref()), (Decision::Denied, Some("alice")));
        assert_eq!(record.token_id.as_deref(), Some("t-1"));
    }
}

#[tokio::test]
async fn a_stranger_writes_no_more_into_the_trail_than_a_tools_name() {
    let server = Server::start().await;
    for token in [None, Some("garbage")] {
        server.call(token, "whoami", json!({ "written-by-a-stranger": 1 })).await;
    }
    server.call(Some(&server.token("")), "whoami", json!({ "written-by-alice": 1 })).await;
    let records = server.audit.all();
    assert_eq!(records.len(), 3);
    assert_eq!((&records[0].arguments, &records[1].arguments), (&vec![], &vec![]));
    assert_eq!(records[2].arguments, ["written-by-alice"]);
}

struct Full;

impl AuditSink for Full {
    fn record(&self, _record: &AuditRecord) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_gets_no_answer_from_its_tool() {
    let mut server = Server::start().await;
    let config = Config::new(&server.zone.url).unwrap();
    let ports = Ports { audit: Arc::new(Full), ..ports(&StandingClock::new(), &server.audit) };
    server.app = app(&config, Tools::new(), zone_verifier(&config, &ports).unwrap(), &ports);
    let called = server.call(Some(&server.token("")), "hello_world", json!({ "name": "Ada" })).await;
    assert_eq!(called.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!called.body.contains("Ada"), "{}", called.body);
    // What is no call goes on.
    assert_eq!(server.post(Some(&server.token("")), &[], list()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_record_is_one_line_of_json_whatever_the_tool_is_called() {
    let server = Server::start().await;
    server.call(Some(&server.token("")), &format!("a\nb\u{2028}{}", "c".repeat(1000)), json!({ "x\ny": 1 })).await;
    let file = tempfile();
    let lines = JsonLines::append(&file).unwrap();
    for record in server.audit.all() {
        crate::audit::AuditSink::record(&lines, &record).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(written.lines().count(), 1);
    let record: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(record["decision"], "allowed");
    assert_eq!(record["tool"].as_str().unwrap().chars().count(), 128);
}

fn tempfile() -> std::path::PathBuf {
    let mut name = [0; 8];
    crate::ports::Entropy::fill(&SystemEntropy, &mut name);
    std::env::temp_dir().join(format!("reference-server-{}.jsonl", u64::from_ne_bytes(name)))
}

// ---- embedded ----

#[tokio::test]
async fn an_embedded_server_serves_until_it_is_dropped() {
    let zone = Zone::start(&[&A]).await;
    let audit = Arc::new(Kept::default());
    let ports = Ports { clock: Arc::new(SystemClock), ..ports(&StandingClock::new(), &audit) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = ReferenceServer::start_with(listener, Config::new(&zone.url).unwrap(), ports).await.unwrap();

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let refused = client.post(server.url()).body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let metadata = challenge.split('"').nth(1).unwrap();
    let metadata: Value = client.get(metadata).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["resource"], server.url());

    let soon = 4_102_444_800_u64;
    let claims = with(zone.claims(), &json!({ "aud": server.url(), "exp": soon, "iat": 0 }));
    let served = client
        .post(server.url())
        .bearer_auth(A.token(&claims))
        .header("Accept", "application/json, text/event-stream")
        .json(&call("whoami", json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(served.status(), 200);

    let url = server.url().to_owned();
    drop(server);
    // The listener closes as soon as the server's task has run.
    while client.get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
}
