//! The signs by which a framework is recognised. Each was seen in a running server or read in the framework's source.

use std::collections::BTreeMap;

use http::StatusCode;

use super::{Confidence, Framework, Glimpse, Recognised};
use crate::reply::Reply;
use crate::report::{CheckResult, Verdict};

/// A sign of a framework.
struct Sign {
    of: Framework,
    /// Whether no other framework is known to show it.
    is_its_own: bool,
    /// What it is, as evidence.
    says: &'static str,
    is_seen: fn(&Seen<'_>) -> bool,
}

/// All that there is to recognise by.
struct Seen<'a> {
    glimpse: &'a Glimpse,
    results: &'a [CheckResult],
}

const fn own(of: Framework, says: &'static str, is_seen: fn(&Seen<'_>) -> bool) -> Sign {
    Sign { of, is_its_own: true, says, is_seen }
}

const fn shared(of: Framework, says: &'static str, is_seen: fn(&Seen<'_>) -> bool) -> Sign {
    Sign { of, is_its_own: false, says, is_seen }
}

use Framework::{Fastmcp, KeycardaiFastmcp, KeycardaiMcp, KeycardaiTypescript, PythonSdk, RustSdk, TypescriptSdk};

const SIGNS: &[Sign] = &[
    // keycardai-fastmcp 0.7.1: `provider.py`, `mcp_server_name or …` and `self.audience`.
    own(KeycardaiFastmcp, "the metadata has its default name, \"Authenticated FastMCP Server\"", |seen| {
        has_fastmcps_text(seen) && seen.metadata("resource_name", "Authenticated FastMCP Server")
    }),
    own(
        KeycardaiFastmcp,
        "fastmcp's verifier takes a token for the zone itself and none for another resource",
        |seen| has_fastmcps_text(seen) && seen.broken("audience-issuer") && seen.passed("audience-other"),
    ),
    // fastmcp 4: `server/auth/middleware.py`, `_send_auth_error` and `_send_missing_auth`.
    own(
        Fastmcp,
        "the challenge to a bad token has fastmcp's text (\"… no longer recognized by the server\")",
        has_fastmcps_text,
    ),
    own(Fastmcp, "results carry `fastmcp` in `_meta`", |seen| seen.said(r#""_meta":{"fastmcp":"#)),
    shared(Fastmcp, "without credentials the 401 is empty and names nothing but the metadata", |seen| {
        is_uvicorn(seen) && seen.missing_is_bare()
    }),
    // keycardai-starlette 0.14.2: `middleware/bearer.py`, with a body of starlette's own.
    own(
        KeycardaiMcp,
        "without credentials the challenge says \"No bearer token provided\", as keycardai-starlette's",
        |seen| seen.anonymous("No bearer token provided", "Unauthorized"),
    ),
    own(KeycardaiMcp, "a bad token's challenge says \"Token verification failed\", as keycardai-starlette's", |seen| {
        seen.garbage("Token verification failed", "Unauthorized")
    }),
    // @keycardai/mcp: `middleware/bearerAuth.ts`, and `jwt/verifier.ts` of @keycardai/oauth.
    own(KeycardaiTypescript, "a bad token's challenge says \"Malformed JWT\", and the 401 is empty", |seen| {
        seen.garbage("Malformed JWT", "")
    }),
    shared(
        KeycardaiTypescript,
        "without credentials Express answers an empty 401 that names nothing but the metadata",
        |seen| is_express(seen) && seen.missing_is_bare(),
    ),
    // mcp 2.3.0: `server/auth/middleware/bearer_auth.py`, written by Python's `json.dumps`.
    own(PythonSdk, "the 401 says \"Authentication required\", in JSON as Python writes it", |seen| {
        let body = r#"{"error": "invalid_token", "error_description": "Authentication required"}"#;
        seen.garbage("Authentication required", body) || seen.anonymous("Authentication required", body)
    }),
    own(PythonSdk, "an error comes from pydantic", |seen| seen.said("https://errors.pydantic.dev/")),
    shared(PythonSdk, "the server is uvicorn", is_uvicorn),
    shared(PythonSdk, "a session's id has 32 characters, as a UUID of Python's in hexadecimal", |seen| {
        is_uvicorn(seen) && seen.session_id_has(32)
    }),
    // @modelcontextprotocol/sdk 1.32.2: `server/auth/middleware/bearerAuth.js` and `webStandardStreamableHttp.js`.
    own(
        TypescriptSdk,
        "without credentials the challenge says \"Missing Authorization header\", and so does the body",
        |seen| {
            let body = r#"{"error":"invalid_token","error_description":"Missing Authorization header"}"#;
            seen.anonymous("Missing Authorization header", body)
        },
    ),
    own(TypescriptSdk, "an error says \"Parse error: Invalid JSON-RPC message\"", |seen| {
        seen.said("Parse error: Invalid JSON-RPC message")
    }),
    shared(TypescriptSdk, "the server is Express", is_express),
    // rmcp 3.11.0: `model.rs`, and `transport/streamable_http_server/tower.rs`.
    own(RustSdk, "the server calls itself \"rmcp\", which is its name unless the program gives one", |seen| {
        seen.server_info("name").as_deref() == Some("rmcp")
    }),
    own(RustSdk, "a missing header is refused in rmcp's words", |seen| seen.said("missing required Mcp-Method header")),
    own(RustSdk, "a foreign Origin is refused in rmcp's words", |seen| {
        seen.said("Forbidden: Origin header is not allowed")
    }),
];

/// The framework that a server seems to be made with, if any shows.
///
/// Of a framework and what it is built on, the former: its users show the signs of both. Where signs of two that have
/// nothing to do with each other are seen, none is named.
pub fn recognise(glimpse: &Glimpse, results: &[CheckResult]) -> Option<Recognised> {
    let seen = Seen { glimpse, results };
    let mut found: BTreeMap<Framework, Vec<&Sign>> = BTreeMap::new();
    for sign in SIGNS.iter().filter(|sign| (sign.is_seen)(&seen)) {
        found.entry(sign.of).or_default().push(sign);
    }
    let strength = |of: &Framework| {
        let signs = &found[of];
        (signs.iter().filter(|sign| sign.is_its_own).count(), signs.len())
    };
    let has_its_own: Vec<Framework> = found.keys().copied().filter(|of| strength(of).0 > 0).collect();
    let framework = match has_its_own.as_slice() {
        // Signs that others show too are worth naming where there are two of them.
        [] => *found.keys().filter(|of| strength(of).1 > 1).max_by_key(|of| strength(of).1)?,
        certain => *certain.iter().find(|of| certain.iter().all(|other| stands_on(**of, *other)))?,
    };
    // What it is built on bears it out.
    let chain = std::iter::successors(Some(framework), |of| of.built_on());
    let signs: Vec<&Sign> = chain.filter_map(|of| found.get(&of)).flatten().copied().collect();
    let confidence = match strength(&framework).0 {
        0 => Confidence::Possible,
        1 => Confidence::Likely,
        _ => Confidence::VeryLikely,
    };
    let evidence = signs.iter().map(|sign| sign.says.to_owned()).collect();
    Some(Recognised { framework, version: seen.version(framework), confidence, evidence })
}

fn stands_on(framework: Framework, base: Framework) -> bool {
    std::iter::successors(Some(framework), |of| of.built_on()).any(|of| of == base)
}

impl Seen<'_> {
    fn anonymous(&self, says: &str, body: &str) -> bool {
        is_refusal(self.glimpse.anonymous.as_ref(), says, body)
    }

    fn garbage(&self, says: &str, body: &str) -> bool {
        is_refusal(self.glimpse.garbage.as_ref(), says, body)
    }

    /// Whether the 401 to a request without credentials has no body, and a challenge with `resource_metadata` alone.
    fn missing_is_bare(&self) -> bool {
        self.glimpse.anonymous.as_ref().is_some_and(|reply| {
            let challenge = reply.bearer_challenge();
            let is_bare =
                |c: &crate::challenge::Challenge| c.param("error").is_none() && c.param("resource_metadata").is_some();
            reply.status == StatusCode::UNAUTHORIZED && reply.body.is_empty() && challenge.as_ref().is_some_and(is_bare)
        })
    }

    fn metadata(&self, member: &str, value: &str) -> bool {
        self.glimpse.metadata.iter().filter_map(Reply::json).any(|document| document[member] == value)
    }

    fn session_id_has(&self, characters: usize) -> bool {
        let line = format!("mcp-session-id: [{characters} characters]");
        let of_begun = self.glimpse.begun.as_ref().and_then(|reply| reply.header("mcp-session-id"));
        of_begun.is_some_and(|id| id.len() == characters)
            || self.results.iter().flat_map(|r| &r.exchanges).any(|e| e.response_headers.contains(&line))
    }

    /// Whether an answer that the checks got has this text, which no request of theirs has.
    fn said(&self, text: &str) -> bool {
        self.results.iter().flat_map(|r| &r.exchanges).any(|exchange| exchange.response_body.contains(text))
    }

    fn broken(&self, check: &str) -> bool {
        self.results.iter().any(|r| r.check == check && r.verdict.is_broken())
    }

    fn passed(&self, check: &str) -> bool {
        let mut of_check = self.results.iter().filter(|r| r.check == check).peekable();
        of_check.peek().is_some() && of_check.all(|r| r.verdict == Verdict::Pass)
    }

    /// A member of what the server says of itself.
    fn server_info(&self, member: &str) -> Option<String> {
        let result = self.glimpse.begun.as_ref()?.result()?;
        let info = [&result["serverInfo"], &result["_meta"]["io.modelcontextprotocol/serverInfo"]];
        info.into_iter().find_map(|info| info[member].as_str()).map(str::to_owned)
    }

    /// The framework's version, where the server gives that for want of one of its own.
    fn version(&self, framework: Framework) -> Option<String> {
        let is_default = match framework {
            RustSdk => self.server_info("name").as_deref() == Some("rmcp"),
            // fastmcp's own versions begin with 2; programs that give one mostly begin with less.
            Fastmcp => self.server_info("version").is_some_and(|version| !version.starts_with(['0', '1'])),
            _ => false,
        };
        let version = self.server_info("version").filter(|_| is_default)?;
        let is_version = version.len() <= 20
            && version.starts_with(|c: char| c.is_ascii_digit())
            && version.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        is_version.then_some(version)
    }
}

/// Whether a bad token is answered as fastmcp does.
fn has_fastmcps_text(seen: &Seen<'_>) -> bool {
    let begins = "Authentication failed. The provided bearer token is invalid, expired, or no longer recognized by";
    seen.glimpse.garbage.as_ref().and_then(description).is_some_and(|text| text.starts_with(begins))
}

fn is_uvicorn(seen: &Seen<'_>) -> bool {
    seen.glimpse.anonymous.as_ref().and_then(|reply| reply.header("server")) == Some("uvicorn")
}

fn is_express(seen: &Seen<'_>) -> bool {
    seen.glimpse.anonymous.as_ref().and_then(|reply| reply.header("x-powered-by")) == Some("Express")
}

/// Whether this is a 401 whose challenge says this, with this body.
fn is_refusal(reply: Option<&Reply>, says: &str, body: &str) -> bool {
    reply.is_some_and(|reply| {
        reply.status == StatusCode::UNAUTHORIZED
            && reply.body == body.as_bytes()
            && description(reply).is_some_and(|text| text == says)
    })
}

/// `error_description` of the challenge.
fn description(reply: &Reply) -> Option<String> {
    reply.bearer_challenge()?.param("error_description").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::check::Level;
    use crate::report::tests::result;
    use crate::transcript::Exchange;

    const METADATA: &str = r#"resource_metadata="http://localhost:8080/.well-known/oauth-protected-resource/mcp""#;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).expect("a header's value"));
        }
        let mut reply = Reply::new(StatusCode::from_u16(status).expect("a status"), map, Some(1.into()));
        reply.body = body.as_bytes().to_vec();
        reply
    }

    fn refused(server: (&'static str, &str), parameters: &str, body: &str) -> Reply {
        let challenge = format!("Bearer {parameters}{METADATA}");
        reply(401, &[server, (WWW_AUTHENTICATE.as_str(), &challenge)], body)
    }

    fn said(status: u16, body: &str) -> CheckResult {
        let exchange = Exchange {
            purpose: String::new(),
            request: String::new(),
            request_headers: Vec::new(),
            request_body: String::new(),
            status: Some(status),
            error: None,
            response_headers: Vec::new(),
            response_body: body.to_owned(),
            duration_ms: 0,
        };
        CheckResult { exchanges: vec![exchange.into()], ..result("error-id", Verdict::Pass, Level::Must) }
    }

    fn begun(body: &str) -> Reply {
        reply(200, &[("content-type", "application/json")], body)
    }

    const UVICORN: (&str, &str) = ("server", "uvicorn");
    const EXPRESS: (&str, &str) = ("x-powered-by", "Express");

    /// As fastmcp 4.2.3 answered.
    fn fastmcp() -> Glimpse {
        let text = "Authentication failed. The provided bearer token is invalid, expired, or no longer recognized by the \
                    server. To resolve: clear authentication tokens in your MCP client and reconnect. Your client should \
                    automatically re-register and obtain new tokens.";
        let parameters = format!("error=\"invalid_token\", error_description=\"{text}\", ");
        let body = format!("{{\"error\": \"invalid_token\", \"error_description\": \"{text}\"}}");
        let discovered = r#"{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":
            {"name":"Hello World Server","version":"4.2.3"}}}}"#;
        Glimpse {
            anonymous: Some(refused(UVICORN, "", "")),
            garbage: Some(refused(UVICORN, &parameters, &body)),
            metadata: Vec::new(),
            begun: Some(begun(discovered)),
        }
    }

    fn named(glimpse: &Glimpse, results: &[CheckResult]) -> Option<(Framework, Confidence)> {
        recognise(glimpse, results).map(|found| (found.framework, found.confidence))
    }

    #[test]
    fn fastmcp_is_told_from_what_is_built_on_it() {
        let found = recognise(&fastmcp(), &[]).expect("it is recognised");
        assert_eq!((found.framework, found.confidence), (Fastmcp, Confidence::Likely));
        assert_eq!(found.version.as_deref(), Some("4.2.3"));
        assert!(found.sentence().starts_with("looks like fastmcp 4.2.3 (likely): the challenge to a bad token"));

        let results = [
            result("audience-issuer", Verdict::Fail, Level::Must),
            result("audience-other", Verdict::Pass, Level::Must),
        ];
        assert_eq!(named(&fastmcp(), &results), Some((KeycardaiFastmcp, Confidence::Likely)));
        let any = results.map(|r| CheckResult { verdict: Verdict::Fail, ..r });
        assert_eq!(
            named(&fastmcp(), &any),
            Some((Fastmcp, Confidence::Likely)),
            "who takes any audience takes the zone's"
        );
    }

    #[test]
    fn keycardai_mcp_is_known_by_its_challenges() {
        let glimpse = Glimpse {
            anonymous: Some(refused(
                UVICORN,
                "error=\"invalid_token\", error_description=\"No bearer token provided\", ",
                "Unauthorized",
            )),
            garbage: Some(refused(
                UVICORN,
                "error=\"invalid_token\", error_description=\"Token verification failed\", ",
                "Unauthorized",
            )),
            ..Glimpse::default()
        };
        let pydantic = said(400, "4 validation errors … https://errors.pydantic.dev/2.14/v/model_type");
        assert_eq!(named(&glimpse, &[pydantic]), Some((KeycardaiMcp, Confidence::VeryLikely)));
    }

    #[test]
    fn the_official_sdks_are_known_by_what_they_answer() {
        let required = r#"{"error": "invalid_token", "error_description": "Authentication required"}"#;
        let parameters = "error=\"invalid_token\", error_description=\"Authentication required\", ";
        let python = Glimpse { anonymous: Some(refused(UVICORN, parameters, required)), ..Glimpse::default() };
        assert_eq!(named(&python, &[]), Some((PythonSdk, Confidence::Likely)));

        let missing = r#"{"error":"invalid_token","error_description":"Missing Authorization header"}"#;
        let parameters = "error=\"invalid_token\", error_description=\"Missing Authorization header\", ";
        let typescript = Glimpse { anonymous: Some(refused(EXPRESS, parameters, missing)), ..Glimpse::default() };
        assert_eq!(named(&typescript, &[]), Some((TypescriptSdk, Confidence::Likely)));

        let rust = Glimpse {
            begun: Some(begun(
                r#"{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"rmcp","version":"3.11.0"}}}"#,
            )),
            ..Glimpse::default()
        };
        assert_eq!(recognise(&rust, &[]).and_then(|found| found.version).as_deref(), Some("3.11.0"));
        let words = [said(403, "Forbidden: Origin header is not allowed")];
        assert_eq!(named(&Glimpse::default(), &words), Some((RustSdk, Confidence::Likely)));
    }

    #[test]
    fn keycards_typescript_package_answers_with_empty_bodies() {
        let parameters = "error=\"invalid_token\", error_description=\"Malformed JWT\", ";
        let glimpse = Glimpse {
            anonymous: Some(refused(EXPRESS, "", "")),
            garbage: Some(refused(EXPRESS, parameters, "")),
            ..Glimpse::default()
        };
        assert_eq!(named(&glimpse, &[]), Some((KeycardaiTypescript, Confidence::Likely)));
    }

    #[test]
    fn nothing_is_named_where_little_or_too_much_is_seen() {
        assert_eq!(recognise(&Glimpse::default(), &[]), None);
        let uvicorn = Glimpse { anonymous: Some(refused(UVICORN, "realm=\"x\", ", "no")), ..Glimpse::default() };
        assert_eq!(named(&uvicorn, &[]), None);
        let both =
            [said(403, "Forbidden: Origin header is not allowed"), said(400, "Parse error: Invalid JSON-RPC message")];
        assert_eq!(named(&Glimpse::default(), &both), None);
    }

    #[test]
    fn a_version_is_said_only_where_it_is_one() {
        for version in ["4 or so", "1.0.0", "4.2.3\\u001b[31m", "44444444444444444444444"] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"serverInfo":{{"version":"{version}"}}}}}}"#);
            let glimpse = Glimpse { begun: Some(begun(&body)), ..fastmcp() };
            assert_eq!(recognise(&glimpse, &[]).expect("it is recognised").version, None, "{version}");
        }
    }
}
