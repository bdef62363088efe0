//! What is found out before the first check: the revisions spoken, a token that is accepted, what may be called.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use url::Url;

use crate::check::Stop;
use crate::client::{Client, Request};
use crate::context::Options;
use crate::discovery::Discovery;
use crate::mcp::{self, Operation, Revision, Session};
use crate::reply::{Outcome, Reply};
use crate::secrets::Secrets;
use crate::token::Token;
use crate::transcript::Transcript;
use crate::zone::{Zone, ZoneError};

/// Most read-only tools that are called to find out which scopes they need.
const TOOLS_TRIED: usize = 6;

/// The lifetime of the accepted token, in seconds: longer than any run.
const TOKEN_LIFETIME: i64 = 3600;

/// What is known of the target.
#[derive(Debug)]
pub struct Survey {
    /// What a client without a token finds.
    pub discovery: Discovery,
    /// How the server speaks each revision that it speaks.
    pub dialects: BTreeMap<Revision, Dialect>,
    /// Whether `dialects` was seen, or is assumed because no token got an answer.
    pub assumed: bool,
    /// The token that the server accepts.
    pub token: TokenFound,
    /// Tools that need a scope, each seen or declared to.
    pub scoped_tools: Vec<ScopedTool>,
    /// Whether a tool may be called: the user named one, or one is marked read-only.
    pub may_call_a_tool: bool,
}

/// How the server speaks one revision.
#[derive(Debug, Clone)]
pub struct Dialect {
    /// The session that it opened, if any.
    pub session: Session,
    /// The operation that bears the token checks.
    pub bearing: Operation,
}

/// Whether there is a token that the server accepts.
#[derive(Debug, Clone)]
pub enum TokenFound {
    /// This one was accepted.
    Accepted(Box<Token>),
    /// Every token that was tried was refused; how.
    Refused(String),
    /// There was none to try.
    NoneGiven,
}

/// A tool and what it needs.
#[derive(Debug, Clone)]
pub struct ScopedTool {
    /// The call.
    pub operation: Operation,
    /// The scopes.
    pub scopes: Vec<String>,
}

impl ScopedTool {
    /// The call in a few words.
    pub fn name(&self) -> String {
        self.operation.describe()
    }
}

impl Survey {
    /// The accepted token.
    ///
    /// # Errors
    /// Inconclusive where all were refused, not tested where there was none.
    pub fn accepted(&self) -> Result<&Token, Stop> {
        match &self.token {
            TokenFound::Accepted(token) => Ok(token),
            TokenFound::Refused(how) => Err(Stop::inconclusive(format!("no token was accepted to start from: {how}"))),
            TokenFound::NoneGiven => Err(Stop::NotTested { need: crate::check::Need::ValidToken }),
        }
    }

    /// The operation that bears the token checks.
    pub fn bearing(&self, revision: Revision) -> &Operation {
        self.dialects.get(&revision).map_or(&Operation::ListTools, |d| &d.bearing)
    }

    /// The session of a revision.
    pub fn session(&self, revision: Revision) -> &Session {
        static NONE: Session = Session { id: None };
        self.dialects.get(&revision).map_or(&NONE, |d| &d.session)
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Surveys a target.
///
/// # Errors
/// [`ZoneError`] where the zone fails; what the server does is never an error here.
pub async fn survey(
    client: &Client,
    options: &Options,
    zone: Option<&Zone>,
    secrets: &Secrets,
) -> Result<Survey, ZoneError> {
    let surveyor = Surveyor { client, options, zone, secrets, transcript: Transcript::default() };
    surveyor.run().await
}

struct Surveyor<'a> {
    client: &'a Client,
    options: &'a Options,
    zone: Option<&'a Zone>,
    secrets: &'a Secrets,
    transcript: Transcript,
}

impl Surveyor<'_> {
    async fn run(self) -> Result<Survey, ZoneError> {
        let url = &self.options.url;
        let anonymous = mcp::post(url, &Operation::ListTools, self.wanted()[0], &Session::default());
        let discovery = Discovery::follow(self.client, url, anonymous).await;
        let (token, mut dialects) = self.find_token(&discovery).await?;

        let mut scoped_tools = Vec::new();
        let mut may_call_a_tool = !self.options.tools.is_empty();
        if let TokenFound::Accepted(token) = &token {
            // Tools are the same in every revision; the first one answers for all.
            if let Some((&revision, dialect)) = dialects.iter().next() {
                let callable = self.callable_tools(token, revision, dialect).await;
                may_call_a_tool = !callable.is_empty();
                scoped_tools = self.scoped_tools(token, revision, dialect, &callable).await?;
                let unscoped = |op: &&Operation| !scoped_tools.iter().any(|s| s.operation == **op);
                if let Some(bearing) = callable.iter().find(unscoped) {
                    self.bear(token, bearing, &mut dialects).await;
                }
            }
        }
        let assumed = dialects.is_empty();
        if assumed {
            let plain = Dialect { session: Session::default(), bearing: Operation::ListTools };
            dialects = self.wanted().into_iter().map(|r| (r, plain.clone())).collect();
        }
        Ok(Survey { discovery, dialects, assumed, token, scoped_tools, may_call_a_tool })
    }

    fn wanted(&self) -> Vec<Revision> {
        let chosen = &self.options.revisions;
        Revision::ALL.into_iter().filter(|r| chosen.is_empty() || chosen.contains(r)).collect()
    }

    /// Tries tokens as zones issue them until one is served.
    async fn find_token(&self, discovery: &Discovery) -> Result<(TokenFound, BTreeMap<Revision, Dialect>), ZoneError> {
        let Some(zone) = self.zone else {
            return Ok((TokenFound::NoneGiven, BTreeMap::new()));
        };
        let kid = zone.active_key().await?.kid;
        let mut refusals: Vec<String> = Vec::new();
        for audience in self.audiences(discovery, zone) {
            let (header, claims) = candidate(zone, &kid, &audience, &self.scopes(discovery));
            let compact = zone.sign(&header, &claims).await?;
            self.secrets.add(&compact, "accepted token");
            let token = Token { compact, header, claims };
            let (dialects, refused) = self.dialects(&token.compact).await;
            if !dialects.is_empty() {
                return Ok((TokenFound::Accepted(Box::new(token)), dialects));
            }
            refusals.push(format!("a token of {} with aud {audience} got {}", zone.issuer(), refused.join(", ")));
        }
        Ok((TokenFound::Refused(crate::text::printable(&refusals.join("; "))), BTreeMap::new()))
    }

    /// The audiences that zones put into tokens for such a server, likeliest first.
    fn audiences(&self, discovery: &Discovery, zone: &Zone) -> Vec<Value> {
        let url = self.options.url.to_string();
        let mut audiences: Vec<Value> = Vec::new();
        for audience in discovery.resource().into_iter().chain([url]) {
            if !audiences.contains(&json!(audience)) {
                audiences.push(json!(audience));
            }
        }
        audiences.push(json!([audiences[0]]));
        audiences.push(json!(zone.issuer()));
        audiences
    }

    fn scopes(&self, discovery: &Discovery) -> String {
        let declared = self.options.tool_scopes.values().flatten().cloned();
        let mut scopes: Vec<String> = discovery.scopes().into_iter().chain(declared).collect();
        scopes.sort();
        scopes.dedup();
        scopes.join(" ")
    }

    /// In which revisions this token is served, and how it was refused in the others.
    async fn dialects(&self, token: &str) -> (BTreeMap<Revision, Dialect>, Vec<String>) {
        let mut dialects = BTreeMap::new();
        let mut refused = Vec::new();
        for revision in self.wanted() {
            match self.dialect(token, revision).await {
                Ok(session) => {
                    dialects.insert(revision, Dialect { session, bearing: Operation::ListTools });
                }
                Err(how) => refused.push(format!("{how} ({revision})")),
            }
        }
        (dialects, refused)
    }

    async fn dialect(&self, token: &str, revision: Revision) -> Result<Session, String> {
        let none = Session::default();
        let session = if revision.initializes() {
            let reply = self.ask(token, &Operation::Initialize, revision, &none).await?;
            let id = reply.header("mcp-session-id").map(str::to_owned);
            if reply.result().is_none_or(|r| !r["protocolVersion"].is_string()) {
                return Err(reply.describe());
            }
            let session = Session { id };
            // The server may insist on it; what it answers is for a check to judge.
            let _ = self.ask(token, &Operation::Notification("notifications/initialized"), revision, &session).await;
            session
        } else {
            let reply = self.ask(token, &Operation::Discover, revision, &none).await?;
            let result = reply.result().ok_or_else(|| reply.describe())?;
            let listed = result["supportedVersions"].as_array();
            if listed.is_some_and(|all| !all.contains(&json!(revision.name()))) {
                return Err(format!("{revision} is not among supportedVersions"));
            }
            none
        };
        let reply = self.ask(token, &Operation::ListTools, revision, &session).await?;
        if reply.outcome() == Outcome::Served { Ok(session) } else { Err(reply.describe()) }
    }

    /// The tools that may be called: those the user named, then those that are marked read-only and need no argument.
    async fn callable_tools(&self, token: &Token, revision: Revision, dialect: &Dialect) -> Vec<Operation> {
        let declared = self.options.tools.iter();
        let mut callable: Vec<_> =
            declared.map(|(name, args)| Operation::CallTool { name: name.clone(), arguments: args.clone() }).collect();
        let Ok(reply) = self.ask(&token.compact, &Operation::ListTools, revision, &dialect.session).await else {
            return callable;
        };
        let result = reply.result().unwrap_or_default();
        let listed = result["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        for tool in listed {
            let read_only = tool["annotations"]["readOnlyHint"] == Value::Bool(true);
            let needs_nothing = tool["inputSchema"]["required"].as_array().is_none_or(Vec::is_empty);
            let Some(name) = tool["name"].as_str().filter(|_| read_only && needs_nothing) else { continue };
            if !callable.iter().any(|op| matches!(op, Operation::CallTool { name: n, .. } if n == name)) {
                callable.push(Operation::CallTool { name: name.to_owned(), arguments: Map::new() });
            }
        }
        callable
    }

    /// Which of the callable tools need a scope: as declared, else as a token without scopes finds out.
    async fn scoped_tools(
        &self,
        token: &Token,
        revision: Revision,
        dialect: &Dialect,
        callable: &[Operation],
    ) -> Result<Vec<ScopedTool>, ZoneError> {
        let mut scoped = Vec::new();
        let Some(zone) = self.zone else { return Ok(scoped) };
        let bare = token.but(|t| t.without_claim("scope"));
        let compact = zone.sign(&bare.header, &bare.claims).await?;
        self.secrets.add(&compact, "token without scopes");
        for operation in callable.iter().take(TOOLS_TRIED) {
            let Operation::CallTool { name, .. } = operation else { continue };
            let scopes = match self.options.tool_scopes.get(name) {
                Some(declared) => declared.clone(),
                None => match self.ask(&compact, operation, revision, &dialect.session).await {
                    Ok(reply) if reply.outcome() == Outcome::Forbidden => challenged_scopes(&reply),
                    _ => Vec::new(),
                },
            };
            if !scopes.is_empty() {
                scoped.push(ScopedTool { operation: operation.clone(), scopes });
            }
        }
        // What the user declared comes first: it says more than a challenge.
        scoped.sort_by_key(|s| !matches!(&s.operation, Operation::CallTool { name, .. } if self.options.tool_scopes.contains_key(name)));
        Ok(scoped)
    }

    /// Lets a tool bear the token checks wherever the accepted token is served on it.
    async fn bear(&self, token: &Token, bearing: &Operation, dialects: &mut BTreeMap<Revision, Dialect>) {
        for (revision, dialect) in dialects.iter_mut() {
            let reply = self.ask(&token.compact, bearing, *revision, &dialect.session).await;
            if reply.is_ok_and(|r| r.outcome() == Outcome::Served) {
                dialect.bearing = bearing.clone();
            }
        }
    }

    async fn ask(
        &self,
        token: &str,
        operation: &Operation,
        revision: Revision,
        session: &Session,
    ) -> Result<Reply, String> {
        let request: Request = mcp::post(self.url(), operation, revision, session).bearer(token);
        self.client.send(&request, &self.transcript).await.map_err(|e| e.to_string())
    }

    fn url(&self) -> &Url {
        &self.options.url
    }
}

/// The token that a Keycard zone would issue to a signed-in user.
fn candidate(zone: &Zone, kid: &str, audience: &Value, scope: &str) -> (Map<String, Value>, Map<String, Value>) {
    let now = now();
    let subject = zone.info().users.first().map_or("conformance-user", |u| u.identifier.as_str());
    let header = object(json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}));
    let mut claims = object(json!({
        "iss": zone.issuer(),
        "aud": audience,
        "sub": subject,
        "sub_profile": "user",
        "client_id": "conformance",
        "sid": "conformance-session",
        "iat": now,
        "exp": now + TOKEN_LIFETIME,
        "jti": random_id(),
    }));
    if !scope.is_empty() {
        claims.insert("scope".to_owned(), scope.into());
    }
    (header, claims)
}

/// The scopes that a 403 for scope asks for.
fn challenged_scopes(reply: &Reply) -> Vec<String> {
    let challenge = reply.bearer_challenge().filter(|c| c.param("error") == Some("insufficient_scope"));
    let scope = challenge.as_ref().and_then(|c| c.param("scope")).unwrap_or_default();
    scope.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// An id that no other token has.
pub fn random_id() -> String {
    let mut bytes = [0u8; 16];
    // Uniqueness within one run is all that is asked of it, and the clock gives that where the system gives nothing.
    if getrandom::fill(&mut bytes).is_err() {
        bytes[..16].copy_from_slice(&jiff::Timestamp::now().as_nanosecond().to_be_bytes());
    }
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
