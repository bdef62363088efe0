//! What is found out before the first check: the revisions spoken, a token that is accepted, what may be called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use crate::check::Stop;
use crate::client::{Client, NoReply, Request};
use crate::context::Options;
use crate::discovery::Discovery;
use crate::given::{Given, Issued};
use crate::mcp::{self, Operation, Revision, Session};
use crate::reply::{Outcome, Reply};
use crate::secrets::Secrets;
use crate::text::{is_visible, quoted};
use crate::token::Token;
use crate::transcript::Transcript;
use crate::waits::Waits;
use crate::zone::{Document, Zone, ZoneError};

/// Most read-only tools that are called to find out which scopes they need.
const TOOLS_TRIED: usize = 6;

/// Most bytes of the name of a tool that is called unasked. The specification has 128 characters at most.
const NAME_AT_MOST: usize = 512;

/// Most bytes of a token's scopes, all together: what a server names is as long as it likes, and what is sent to it, or
/// to the zone, is not.
const SCOPES_AT_MOST: usize = 4096;

/// The lifetime of the accepted token, in seconds, beyond what the checks may wait for keys.
const TOKEN_LIFETIME: i64 = 3600;

/// Most scopes of one tool that are taken out to find out which it needs.
const SCOPES_TRIED: usize = 8;

/// For how long a server that listens may still be without the keys that it fetches at its start.
const AWAKE_WITHIN: Duration = Duration::from_secs(3);

/// How often the likeliest token is tried once the server has asked for keys.
const TRIES_WITH_KEYS: usize = 3;

/// Most requests without credentials that are sent to find one that is answered 401.
const DOORS_TRIED: usize = 6;

/// Why nothing can be said where every token was refused; how it was, follows.
pub const NO_TOKEN_ACCEPTED: &str = "no token was accepted to start from";

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
    /// Revisions in which that token was not served, and what came instead.
    pub not_spoken: Vec<String>,
    /// The revision that the server wanted in place of those that the suite speaks, where no token was accepted.
    pub negotiated: Option<String>,
    /// Tools that need a scope, each seen or declared to.
    pub scoped_tools: Vec<ScopedTool>,
    /// Whether there is a tool that may be called and was served: the user named it, or it is marked read-only. Without a
    /// token to see that with, whether there is one to call.
    pub may_call_a_tool: bool,
    /// Tools of which a scope was declared and that may not be called, so that the declaration was of no use.
    pub scoped_in_vain: Vec<String>,
    /// Why this does not look like an MCP endpoint, where it does not: each request got the same answer, and no MCP answer.
    pub no_endpoint: Option<String>,
    /// Tools that the user named and that were not served with the accepted token, and how they were answered.
    pub named_in_vain: Vec<(String, String)>,
    /// Tools that are listed and were left alone: not marked read-only, or in need of arguments, and named by nobody.
    pub left_alone: Vec<String>,
}

/// How the server speaks one revision.
#[derive(Debug, Clone)]
pub struct Dialect {
    /// The session that it opened, if any.
    pub session: Session,
    /// The operation that bears the token checks.
    pub bearing: Operation,
    /// Whether that operation is served without any token, so that no token can be told from another by it.
    pub open: bool,
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
            TokenFound::Refused(how) => Err(Stop::inconclusive(format!("{NO_TOKEN_ACCEPTED}: {how}"))),
            TokenFound::NoneGiven => Err(Stop::NotTested { need: crate::check::Need::ValidToken }),
        }
    }

    /// The operation that bears the token checks.
    pub fn bearing(&self, revision: Revision) -> &Operation {
        self.dialects.get(&revision).map_or(&Operation::ListTools, |d| &d.bearing)
    }

    /// Whether the bearing operation of a revision is served without any token.
    pub fn is_open(&self, revision: Revision) -> bool {
        self.dialects.get(&revision).is_some_and(|d| d.open)
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

/// Why a survey came to no end.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The zone failed.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// The token that was to be given could not be had.
    #[error("{0}")]
    Token(String),
}

/// Surveys a target, with the tokens of a zone, or with the one that was given.
///
/// # Errors
/// [`SurveyError`] where zone or token fail; what the server does is never an error here.
pub async fn survey(
    client: &Client,
    options: &Options,
    zone: Option<&Zone>,
    given: Option<&Given>,
    secrets: &Secrets,
) -> Result<Survey, SurveyError> {
    let (transcript, left_alone) = (Transcript::default(), Mutex::default());
    let surveyor = Surveyor { client, options, zone, given, secrets, transcript, left_alone };
    surveyor.run().await
}

struct Surveyor<'a> {
    client: &'a Client,
    options: &'a Options,
    zone: Option<&'a Zone>,
    given: Option<&'a Given>,
    secrets: &'a Secrets,
    transcript: Transcript,
    left_alone: Mutex<BTreeSet<String>>,
}

impl Surveyor<'_> {
    async fn run(self) -> Result<Survey, SurveyError> {
        let Knocked { anonymous, no_endpoint } = self.knock().await;
        let discovery = Discovery::follow(self.client, &self.options.url, anonymous, self.transcript.take()).await;
        if discovery.anonymous.is_err() {
            // Nobody is there, and a token would get no answer either.
            return Ok(self.without_token(discovery, TokenFound::NoneGiven).await);
        }
        let found = match self.find_token(&discovery).await {
            // That this is no MCP endpoint says more than that nobody could sign in at it.
            Err(SurveyError::Token(_)) if no_endpoint.is_some() => Found::default(),
            found => found?,
        };
        let Found { token, mut dialects, not_spoken, negotiated } = found;
        let TokenFound::Accepted(accepted) = token else {
            return Ok(Survey { negotiated, no_endpoint, ..self.without_token(discovery, token).await });
        };
        let mut accepted = *accepted;
        // Tools are the same in every revision; one answers for all.
        let likely = dialects.iter().find(|(revision, _)| revision.is_likely());
        let Some((&revision, dialect)) = likely.or_else(|| dialects.iter().next_back()) else {
            return Ok(self.without_token(discovery, TokenFound::NoneGiven).await);
        };
        let session = dialect.session.clone();
        let mut callable = self.callable_tools(&accepted.compact, revision, &session).await;
        callable.truncate(TOOLS_TRIED.max(self.options.tools.len()));
        let mut named_in_vain = Vec::new();
        let mut served = Vec::new();
        for tool in callable {
            let mut answered = self.ask(&accepted.compact, &tool, revision, &session).await;
            if let Ok(reply) = &answered
                && let Some(wider) = self.wider(&accepted, &challenged_scopes(reply)).await?
            {
                // What a client does on a step-up challenge.
                answered = self.ask(&wider.compact, &tool, revision, &session).await;
                if answered.as_ref().is_ok_and(|reply| reply.outcome() == Outcome::Served) {
                    accepted = wider;
                }
            }
            match answered {
                Ok(reply) if reply.outcome() == Outcome::Served => served.push(tool),
                answered => {
                    let how = answered.map_or_else(|error| error, |reply| reply.describe());
                    named_in_vain.extend(self.named(&tool).map(|name| (name.to_owned(), how)));
                }
            }
        }
        let scoped_tools = self.scoped_tools(&accepted, revision, &session, &served).await?;
        // Of two that bear alike the first: a tool for everybody, since token checks come as other users, too.
        let is_scoped = |op: &Operation| scoped_tools.iter().any(|s| s.operation == *op);
        if let Some(bearing) = served.iter().min_by_key(|op| (is_scoped(op), self.is_denied_to_some(op))) {
            self.bear(&accepted, bearing, &mut dialects).await;
        }
        let can_be_called =
            |name: &&String| served.iter().any(|op| matches!(op, Operation::CallTool { name: n, .. } if n == *name));
        let scoped_in_vain = self.options.tool_scopes.keys().filter(|name| !can_be_called(name)).cloned().collect();
        let may_call_a_tool = !served.is_empty();
        Ok(Survey {
            discovery,
            dialects,
            assumed: false,
            token: TokenFound::Accepted(Box::new(accepted)),
            not_spoken,
            negotiated: None,
            scoped_tools,
            may_call_a_tool,
            scoped_in_vain,
            no_endpoint: None,
            named_in_vain,
            left_alone: self.left_alone.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect(),
        })
    }

    /// The token with more scopes, where there are any more.
    async fn wider(&self, token: &Token, more: &[String]) -> Result<Option<Token>, ZoneError> {
        let Some(zone) = self.zone else { return Ok(None) };
        let mut scopes = token.scopes();
        let known = scopes.len();
        scopes.extend(more.iter().filter(|scope| !token.scopes().contains(scope)).cloned());
        let scopes = that_fit(scopes);
        if scopes.len() == known {
            return Ok(None);
        }
        let draft = token.but(|t| t.scopes(&scopes));
        let compact = zone.sign(&draft.header, &draft.claims).await?;
        self.secrets.add(&compact, "accepted token");
        Ok(Some(Token { compact, header: draft.header, claims: draft.claims }))
    }

    /// Whether somebody may not call it, as the user says.
    fn is_denied_to_some(&self, operation: &Operation) -> bool {
        let Operation::CallTool { name, .. } = operation else { return false };
        self.options.declared.tools.get(name).is_some_and(|tool| tool.denied_to.is_some())
    }

    /// The tool's name, if the user named it.
    fn named<'t>(&self, tool: &'t Operation) -> Option<&'t str> {
        match tool {
            Operation::CallTool { name, .. } if self.options.tools.iter().any(|(n, _)| n == name) => Some(name),
            _ => None,
        }
    }

    /// What is known where no token was accepted: the revisions are assumed. A tool bears what can be asked without a
    /// token: one that the user named, or one that anybody is told of and that is marked read-only.
    async fn without_token(&self, discovery: Discovery, token: TokenFound) -> Survey {
        let mut dialects = BTreeMap::new();
        let mut may_call_a_tool = !self.options.tools.is_empty();
        for revision in self.assumed() {
            let listed = match &discovery.anonymous {
                Ok(_) => self.openly_listed(revision).await,
                Err(_) => None,
            };
            let open = listed.is_some();
            let (session, tools) = listed.unwrap_or_else(|| (Session::default(), self.declared_tools()));
            may_call_a_tool |= !tools.is_empty();
            let tool = tools.into_iter().next();
            let open = open && tool.is_none();
            dialects.insert(revision, Dialect { session, bearing: tool.unwrap_or(Operation::ListTools), open });
        }
        Survey {
            discovery,
            dialects,
            assumed: true,
            token,
            not_spoken: Vec::new(),
            negotiated: None,
            scoped_tools: Vec::new(),
            may_call_a_tool,
            scoped_in_vain: Vec::new(),
            no_endpoint: None,
            named_in_vain: Vec::new(),
            left_alone: Vec::new(),
        }
    }

    /// The session and the callable tools that a client without a token gets, where it is shown the tools at all.
    async fn openly_listed(&self, revision: Revision) -> Option<(Session, Vec<Operation>)> {
        let mut session = Session::default();
        if revision.initializes() {
            // A server that lets anybody in may want them to begin with a session.
            let first = mcp::post(self.url(), &Operation::Initialize, revision, &session);
            let begun = self.client.send(&first, &self.transcript).await.ok()?;
            session.id = begun.session_id();
            let initialized = Operation::Notification("notifications/initialized");
            let _ = self.client.send(&mcp::post(self.url(), &initialized, revision, &session), &self.transcript).await;
        }
        let list = mcp::post(self.url(), &Operation::ListTools, revision, &session);
        let reply = self.client.send(&list, &self.transcript).await.ok()?;
        (reply.outcome() == Outcome::Served).then(|| (session, self.callable_among(&reply)))
    }

    /// Knocks without credentials at what a client would begin with, until something is answered 401. A server may leave
    /// the tools list open, or know one revision only.
    async fn knock(&self) -> Knocked {
        let none = Session::default();
        let url = self.url();
        let mut doors = Vec::new();
        for revision in self.likely().into_iter().chain(self.older()) {
            doors.push(mcp::post(url, &Operation::ListTools, revision, &none));
            let first = if revision.initializes() { Operation::Initialize } else { Operation::Discover };
            doors.push(mcp::post(url, &first, revision, &none));
            doors.extend(self.declared_tools().first().map(|tool| mcp::post(url, tool, revision, &none)));
        }
        let mut answers = Vec::new();
        for door in doors.into_iter().take(DOORS_TRIED) {
            let reply = self.client.send(&door.purpose("no credentials"), &self.transcript).await;
            // Where the first knock gets no answer that ends, nobody is there for us.
            let reply = reply.and_then(|reply| if reply.cut_short { Err(NoReply::Endless) } else { Ok(reply) });
            let is_wanted = match &reply {
                Ok(reply) => reply.outcome() == Outcome::Unauthorized,
                Err(_) => answers.is_empty(),
            };
            if is_wanted {
                return Knocked { anonymous: reply, no_endpoint: None };
            }
            answers.push(reply);
        }
        let replies: Vec<&Reply> = answers.iter().flatten().collect();
        let no_endpoint = no_endpoint(&replies);
        Knocked { anonymous: answers.swap_remove(0), no_endpoint }
    }

    fn declared_tools(&self) -> Vec<Operation> {
        let named = self.options.tools.iter();
        named.map(|(name, args)| Operation::CallTool { name: name.clone(), arguments: args.clone() }).collect()
    }

    /// The likely ones of the revisions that are to be tested.
    fn likely(&self) -> Vec<Revision> {
        Revision::LIKELY.into_iter().filter(|revision| self.is_wanted(*revision)).collect()
    }

    /// The others of them, newest first.
    fn older(&self) -> Vec<Revision> {
        let mut older: Vec<_> = Revision::ALL.into_iter().filter(|r| !r.is_likely() && self.is_wanted(*r)).collect();
        older.reverse();
        older
    }

    /// Those of them that a server is taken to speak where nothing shows which ones it does: one that is not likely only
    /// where the user names it.
    fn assumed(&self) -> Vec<Revision> {
        let mut assumed = self.likely();
        assumed.extend(self.older().into_iter().filter(|older| self.is_named(*older)));
        assumed
    }

    fn is_wanted(&self, revision: Revision) -> bool {
        self.options.revisions.is_empty() || self.is_named(revision)
    }

    fn is_named(&self, revision: Revision) -> bool {
        self.options.revisions.contains(&revision)
    }

    /// Tries the token that was given, or tokens as zones issue them until one is served.
    async fn find_token(&self, discovery: &Discovery) -> Result<Found, SurveyError> {
        match (self.given, self.zone) {
            (Some(given), _) => self.try_given(given, discovery).await,
            (None, Some(zone)) => self.try_minted(zone, discovery).await,
            (None, None) => Ok(Found::default()),
        }
    }

    async fn try_given(&self, given: &Given, discovery: &Discovery) -> Result<Found, SurveyError> {
        let issued = given.first(discovery, self.secrets).await.map_err(SurveyError::Token)?;
        let open = self.open_lists().await;
        let mut tried = self.dialects(&issued.token.compact, &open).await;
        // Where anybody is served, a token that is refused elsewhere was not accepted. A revision that the server does not
        // speak is no refusal.
        if tried.dialects.values().all(|dialect| dialect.open) && tried.turned_away() {
            let how = format!("the token of {} got {}{}", given.name(), tried.how_refused(), about(&issued));
            let token = TokenFound::Refused(crate::text::printable(&how));
            return Ok(Found { token, negotiated: tried.negotiated(), ..Found::default() });
        }
        given.proven(&issued.token).await;
        self.ask_again(&issued.token, &mut tried, &open).await;
        Ok(Found::accepted(issued.token, tried, open))
    }

    async fn try_minted(&self, zone: &Zone, discovery: &Discovery) -> Result<Found, SurveyError> {
        let mut found = Found::default();
        let kid = zone.active_key().await?.kid;
        let open = self.open_lists().await;
        let mut scopes = self.scopes(discovery);
        let mut refusals: Vec<String> = Vec::new();
        let audiences = self.audiences(discovery, zone);
        // RS256 is what zones use. A server that wants another algorithm wants a likely audience all the same.
        let likely = audiences.iter().map(|audience| (audience, "RS256"));
        for (audience, algorithm) in likely.chain([(&audiences[0], "PS256")]) {
            // Twice where a 403 names scopes that neither the metadata nor the challenge did.
            for _ in 0..2 {
                let (mut header, claims) =
                    candidate(zone, &kid, audience, &scopes.join(" "), self.options.key_wait.as_secs());
                header.insert("alg".to_owned(), algorithm.into());
                let compact = zone.sign(&header, &claims).await?;
                self.secrets.add(&compact, "accepted token");
                let token = Token { compact, header, claims };
                let mut tried = self.dialects(&token.compact, &open).await;
                if refusals.is_empty() {
                    tried = self.once_awake(zone, &token, tried, &open).await?;
                }
                if !tried.dialects.is_empty() {
                    self.ask_again(&token, &mut tried, &open).await;
                    return Ok(Found::accepted(token, tried, open));
                }
                found.negotiated = found.negotiated.or_else(|| tried.negotiated());
                let how = tried.how_refused();
                let with = if algorithm == "RS256" { String::new() } else { format!(" signed with {algorithm}") };
                refusals.push(format!("a token of {} with aud {audience}{with} got {how}", zone.issuer()));
                let known = scopes.len();
                scopes.extend(tried.refused.into_values().flat_map(|refused| refused.scopes_wanted));
                scopes.sort();
                scopes.dedup();
                if scopes.len() == known {
                    break;
                }
            }
        }
        found.token = TokenFound::Refused(crate::text::printable(&refusals.join("; ")));
        Ok(found)
    }

    /// What the likeliest token comes to once the server has its keys: some listen before they have fetched any, and
    /// answer 401 until then.
    async fn once_awake(
        &self,
        zone: &Zone,
        token: &Token,
        mut tried: Tried,
        open: &[(Revision, Session)],
    ) -> Result<Tried, SurveyError> {
        let mut waits = Waits::within(AWAKE_WITHIN);
        let mut left = TRIES_WITH_KEYS;
        while tried.dialects.is_empty() && tried.any(Outcome::Unauthorized) && left > 0 && waits.again().await {
            if zone.was_asked_for(Document::Jwks, 0).await? {
                left -= 1;
            }
            tried = self.dialects(&token.compact, open).await;
        }
        Ok(tried)
    }

    /// Asks once more in revisions in which a token got 401 that was served in another one. Where it still does, the
    /// revision is one that the server speaks, and checks in it will say that the token was not accepted.
    async fn ask_again(&self, token: &Token, tried: &mut Tried, open: &[(Revision, Session)]) {
        let refused: Vec<Revision> = tried.refused.keys().copied().collect();
        for revision in refused {
            if tried.refused[&revision].outcome != Some(Outcome::Unauthorized) {
                continue;
            }
            let list_is_open = open.iter().any(|(r, _)| *r == revision);
            let unaccepted = Dialect { session: Session::default(), bearing: Operation::ListTools, open: list_is_open };
            let spoken = match self.dialect(&token.compact, revision, list_is_open).await {
                Ok(dialect) => dialect,
                Err(again) if again.outcome == Some(Outcome::Unauthorized) => unaccepted,
                Err(again) => {
                    tried.refused.insert(revision, again);
                    continue;
                }
            };
            tried.refused.remove(&revision);
            tried.dialects.insert(revision, spoken);
        }
    }

    /// The likely revisions in which the tools list is served without any token, and the session that came with it: there it
    /// says nothing about a token.
    async fn open_lists(&self) -> Vec<(Revision, Session)> {
        let mut open = Vec::new();
        for revision in self.likely() {
            open.extend(self.openly_listed(revision).await.map(|(session, _)| (revision, session)));
        }
        open
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

    fn scopes(&self, discovery: &Discovery) -> Vec<String> {
        let mut scopes: Vec<String> = self.options.tool_scopes.values().flatten().cloned().collect();
        scopes.extend(discovery.scopes());
        let mut scopes = that_fit(scopes);
        scopes.sort();
        scopes.dedup();
        scopes
    }

    /// In which revisions this token is served, and how it was refused in the others.
    async fn dialects(&self, token: &str, open: &[(Revision, Session)]) -> Tried {
        let mut tried = Tried::default();
        for revision in self.likely() {
            let list_is_open = open.iter().any(|(r, _)| *r == revision);
            tried.note(revision, self.dialect(token, revision, list_is_open).await);
        }
        // A token that was refused already is refused in older ones too, and another will be tried there.
        let is_refused =
            tried.dialects.is_empty() && (tried.any(Outcome::Unauthorized) || tried.any(Outcome::Forbidden));
        if is_refused && tried.negotiated().is_none() {
            return tried;
        }
        for revision in self.older() {
            let found = match self.dialect(token, revision, false).await {
                // Only now is it worth asking whether anybody would have been served.
                Ok(_) if self.openly_listed(revision).await.is_some() => self.dialect(token, revision, true).await,
                found => found,
            };
            // That it is not spoken is what one expects, and worth saying to those alone who asked for it.
            let is_worth_saying = |refused: &Refused| {
                self.is_named(revision) || matches!(refused.outcome, Some(Outcome::Unauthorized | Outcome::Forbidden))
            };
            if found.as_ref().err().is_none_or(is_worth_saying) {
                tried.note(revision, found);
            }
        }
        tried
    }

    async fn dialect(&self, token: &str, revision: Revision, list_is_open: bool) -> Result<Dialect, Refused> {
        let session = self.begin(token, revision).await?;
        let reply = self.ask(token, &Operation::ListTools, revision, &session).await?;
        if reply.outcome() != Outcome::Served {
            return Err(Refused::by(&reply));
        }
        let plain = Dialect { session: session.clone(), bearing: Operation::ListTools, open: list_is_open };
        if !list_is_open {
            return Ok(plain);
        }
        // What anybody gets does not show that a token is accepted; a tool does, where there is one to call.
        let mut refused = None;
        for tool in self.callable_tools(token, revision, &session).await.into_iter().take(TOOLS_TRIED) {
            let reply = self.ask(token, &tool, revision, &session).await?;
            if reply.outcome() == Outcome::Served {
                return Ok(Dialect { session, bearing: tool, open: false });
            }
            // A tool that fails for reasons of its own says nothing about the token.
            if matches!(reply.outcome(), Outcome::Unauthorized | Outcome::Forbidden) {
                refused = Some(Refused::by(&reply));
            }
        }
        refused.map_or(Ok(plain), Err)
    }

    /// Begins as a client does; the session, where the server opens one.
    async fn begin(&self, token: &str, revision: Revision) -> Result<Session, Refused> {
        let none = Session::default();
        if revision.initializes() {
            let reply = self.ask(token, &Operation::Initialize, revision, &none).await?;
            let id = reply.session_id();
            match reply.result().as_ref().map(|r| r["protocolVersion"].as_str()) {
                Some(Some(version)) if version == revision.name() => {}
                Some(Some(other)) => {
                    let how = format!("the revision {} in answer to initialize", quoted(other));
                    return Err(Refused { negotiated: Some(other.to_owned()), ..Refused::from(how) });
                }
                _ => return Err(Refused::by(&reply)),
            }
            let session = Session { id };
            // The server may insist on it; what it answers is for a check to judge.
            let _ = self.ask(token, &Operation::Notification("notifications/initialized"), revision, &session).await;
            return Ok(session);
        }
        let reply = self.ask(token, &Operation::Discover, revision, &none).await?;
        let Some(result) = reply.result() else {
            // A server may lack it and speak the revision all the same. One that speaks older ones alone answers the list,
            // too, but without a type.
            let list = self.ask(token, &Operation::ListTools, revision, &none).await?;
            let is_typed = list.result().is_some_and(|result| result["resultType"].is_string());
            let is_unknown = reply.error_code() == Some(mcp::METHOD_NOT_FOUND);
            return if is_unknown && is_typed { Ok(none) } else { Err(Refused::by(&reply)) };
        };
        let listed = result["supportedVersions"].as_array();
        if listed.is_some_and(|all| !all.contains(&json!(revision.name()))) {
            return Err(format!("{revision} is not among supportedVersions").into());
        }
        Ok(none)
    }

    /// The tools that may be called: those the user named, then those that are marked read-only and need no argument.
    async fn callable_tools(&self, token: &str, revision: Revision, session: &Session) -> Vec<Operation> {
        match self.ask(token, &Operation::ListTools, revision, session).await {
            Ok(reply) => self.callable_among(&reply),
            Err(_) => self.declared_tools(),
        }
    }

    fn callable_among(&self, list: &Reply) -> Vec<Operation> {
        let mut callable = self.declared_tools();
        let result = list.result().unwrap_or_default();
        let mut listed: Vec<&Value> = result["tools"].as_array().into_iter().flatten().collect();
        // What says of itself that it asks others is asked last.
        listed.sort_by_key(|tool| tool["annotations"]["openWorldHint"] == Value::Bool(true));
        for tool in listed {
            if callable.len() >= TOOLS_TRIED + self.options.tools.len() {
                break;
            }
            let read_only = tool["annotations"]["readOnlyHint"] == Value::Bool(true);
            let needs_nothing = tool["inputSchema"]["required"].as_array().is_none_or(Vec::is_empty);
            let is_name = |name: &&str| name.len() <= NAME_AT_MOST && name.chars().all(is_visible);
            let Some(name) = tool["name"].as_str().filter(is_name) else { continue };
            let is_named = self.options.tools.iter().any(|(named, _)| named == name);
            if is_named || !read_only || !needs_nothing {
                if !is_named && !self.options.declared.tools.contains_key(name) {
                    let mut left_alone = self.left_alone.lock().unwrap_or_else(PoisonError::into_inner);
                    left_alone.insert(name.to_owned());
                }
                continue;
            }
            if self.options.declared.tools.get(name).is_some_and(|declared| declared.upstream) {
                continue; // each call of it is one of the upstream, and checks of their own make those
            }
            if !callable.iter().any(|op| matches!(op, Operation::CallTool { name: n, .. } if n == name)) {
                callable.push(Operation::CallTool { name: name.to_owned(), arguments: Map::new() });
            }
        }
        callable
    }

    /// Which of the callable tools need a scope: as declared, else, with a zone, as a token without scopes finds out.
    async fn scoped_tools(
        &self,
        token: &Token,
        revision: Revision,
        session: &Session,
        callable: &[Operation],
    ) -> Result<Vec<ScopedTool>, ZoneError> {
        let mut scoped = Vec::new();
        let Some(zone) = self.zone else {
            // One token that is served shows nothing of what it would lack.
            for operation in callable {
                let Operation::CallTool { name, .. } = operation else { continue };
                if let Some(scopes) = self.options.tool_scopes.get(name).cloned() {
                    scoped.push(ScopedTool { operation: operation.clone(), scopes });
                }
            }
            return Ok(scoped);
        };
        let bare = token.but(|t| t.without_claim("scope"));
        let compact = zone.sign(&bare.header, &bare.claims).await?;
        self.secrets.add(&compact, "token without scopes");
        for operation in callable.iter().take(TOOLS_TRIED.max(self.options.tools.len())) {
            let Operation::CallTool { name, .. } = operation else { continue };
            let scopes = match self.options.tool_scopes.get(name) {
                Some(declared) => declared.clone(),
                None => match self.ask(&compact, operation, revision, session).await {
                    Ok(reply) if reply.outcome() == Outcome::Forbidden => {
                        // A 403 that does not say for want of what: then any of the scopes may be the one.
                        let challenged = challenged_scopes(&reply);
                        let enough = if challenged.is_empty() { token.scopes() } else { challenged };
                        self.needed(token, operation, revision, session, &enough).await?
                    }
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

    /// Which of these scopes an operation cannot do without: a challenge may name more than it needs.
    async fn needed(
        &self,
        token: &Token,
        operation: &Operation,
        revision: Revision,
        session: &Session,
        enough: &[String],
    ) -> Result<Vec<String>, ZoneError> {
        let Some(zone) = self.zone else { return Ok(Vec::new()) };
        let mut needed = Vec::new();
        for scope in enough.iter().take(SCOPES_TRIED) {
            let others: Vec<_> = enough.iter().filter(|s| *s != scope).cloned().collect();
            let draft = token.but(|t| t.scopes(&others));
            let compact = zone.sign(&draft.header, &draft.claims).await?;
            self.secrets.add(&compact, "token without one scope");
            if self.ask(&compact, operation, revision, session).await.is_ok_and(|r| r.outcome() == Outcome::Forbidden) {
                needed.push(scope.clone());
            }
        }
        Ok(needed)
    }

    /// Lets a tool bear the token checks wherever the accepted token is served on it.
    async fn bear(&self, token: &Token, bearing: &Operation, dialects: &mut BTreeMap<Revision, Dialect>) {
        for (revision, dialect) in dialects.iter_mut() {
            let reply = self.ask(&token.compact, bearing, *revision, &dialect.session).await;
            if reply.is_ok_and(|r| r.outcome() == Outcome::Served) {
                dialect.bearing = bearing.clone();
                dialect.open = false;
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

/// What came of asking without credentials.
struct Knocked {
    /// The answer that bears a challenge, else the first.
    anonymous: Result<Reply, NoReply>,
    no_endpoint: Option<String>,
}

/// Why these answers look like those of no MCP endpoint, if each is the same and none is one of MCP's.
fn no_endpoint(replies: &[&Reply]) -> Option<String> {
    let first = replies.first()?;
    let alike = replies.iter().all(|reply| reply.status == first.status && reply.message().is_none());
    let what = match first.outcome() {
        _ if !alike => return None,
        _ if first.status.is_redirection() => match first.header("location") {
            Some(location) => format!("{} to {}", first.status.as_u16(), quoted(location)),
            None => first.describe(),
        },
        Outcome::NotServedIn2xx if first.media_type() == "text/html" => {
            let title = title(&first.body).map(|title| format!(" titled {}", quoted(&title))).unwrap_or_default();
            format!("{} with a page of HTML{title}", first.status.as_u16())
        }
        Outcome::NotServedIn2xx => format!("{} with {}", first.status.as_u16(), quoted(&first.media_type())),
        Outcome::ServerError => first.describe(),
        Outcome::NoVerdict if matches!(first.status.as_u16(), 404 | 405) => first.describe(),
        // So do servers of TLS answer that are spoken to without it.
        Outcome::NoVerdict if first.status.as_u16() == 400 && says(first, "HTTPS") => {
            format!("400 with {}", quoted(String::from_utf8_lossy(&first.body).trim()))
        }
        _ => return None,
    };
    Some(format!("every MCP request got {what}"))
}

fn says(reply: &Reply, word: &str) -> bool {
    String::from_utf8_lossy(&reply.body).contains(word)
}

/// The title of a page.
fn title(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    // Offsets are the same in both: only ASCII letters are changed.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find('<')?;
    let words: Vec<_> = page[start..end].split_whitespace().collect();
    if words.is_empty() { None } else { Some(words.join(" ")) }
}

/// What came of trying a token in each revision.
#[derive(Default)]
struct Tried {
    dialects: BTreeMap<Revision, Dialect>,
    refused: BTreeMap<Revision, Refused>,
}

impl Tried {
    fn note(&mut self, revision: Revision, found: Result<Dialect, Refused>) {
        match found {
            Ok(dialect) => drop(self.dialects.insert(revision, dialect)),
            Err(refused) => drop(self.refused.insert(revision, refused)),
        }
    }

    fn any(&self, outcome: Outcome) -> bool {
        self.refused.values().any(|refused| refused.outcome == Some(outcome))
    }

    /// Whether the token was turned away in one revision, or nothing came of it in any.
    fn turned_away(&self) -> bool {
        self.any(Outcome::Unauthorized) || self.any(Outcome::Forbidden) || self.dialects.is_empty()
    }

    /// Each refusal and its revision.
    fn refusals(&self) -> Vec<String> {
        self.refused.iter().map(|(revision, refused)| format!("{} ({revision})", refused.how)).collect()
    }

    fn how_refused(&self) -> String {
        self.refusals().join(", ")
    }

    fn negotiated(&self) -> Option<String> {
        self.refused.values().find_map(|refused| refused.negotiated.clone())
    }
}

/// What came of looking for a token that is accepted.
struct Found {
    token: TokenFound,
    dialects: BTreeMap<Revision, Dialect>,
    not_spoken: Vec<String>,
    negotiated: Option<String>,
}

impl Default for Found {
    fn default() -> Self {
        let (dialects, not_spoken) = (BTreeMap::new(), Vec::new());
        Self { token: TokenFound::NoneGiven, dialects, not_spoken, negotiated: None }
    }
}

impl Found {
    /// A token that was served where `tried` says, beside revisions in which anybody is.
    fn accepted(token: Token, tried: Tried, open: Vec<(Revision, Session)>) -> Self {
        let not_spoken = tried.refusals();
        let mut dialects = tried.dialects;
        // A revision in which anybody is served is a way in, whatever it makes of the token.
        for (revision, session) in open {
            let plain = Dialect { session, bearing: Operation::ListTools, open: true };
            dialects.entry(revision).or_insert(plain);
        }
        Self { token: TokenFound::Accepted(Box::new(token)), dialects, not_spoken, negotiated: None }
    }
}

/// What a refused token says of itself that may explain the refusal.
fn about(issued: &Issued) -> String {
    let time =
        |seconds: i64| jiff::Timestamp::from_second(seconds).map_or_else(|_| "long ago".to_owned(), |t| t.to_string());
    if let Some(end) = issued.expires_at.filter(|_| issued.has_expired()) {
        return format!("; it expired at {}", time(end));
    }
    let claim = |name: &str| {
        let value = issued.token.claims.get(name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("{name} {}", quoted(&text)))
    };
    let claims: Vec<_> = ["iss", "aud", "scope"].into_iter().filter_map(claim).collect();
    if claims.is_empty() { String::new() } else { format!("; it has {}", claims.join(", ")) }
}

/// How a token was refused in one revision, and what would have helped: more scopes, or another revision.
struct Refused {
    how: String,
    scopes_wanted: Vec<String>,
    negotiated: Option<String>,
    /// What the answer was, where one came that could be one to a token.
    outcome: Option<Outcome>,
}

impl Refused {
    fn by(reply: &Reply) -> Self {
        let scopes_wanted = if reply.outcome() == Outcome::Forbidden { challenged_scopes(reply) } else { Vec::new() };
        Self { how: reply.describe(), scopes_wanted, negotiated: None, outcome: Some(reply.outcome()) }
    }
}

impl From<String> for Refused {
    fn from(how: String) -> Self {
        Self { how, scopes_wanted: Vec::new(), negotiated: None, outcome: None }
    }
}

/// The token that a Keycard zone would issue to a signed-in user, good for longer than any check waits.
pub(crate) fn candidate(
    zone: &Zone,
    kid: &str,
    audience: &Value,
    scope: &str,
    key_wait: u64,
) -> (Map<String, Value>, Map<String, Value>) {
    let now = now();
    let lifetime = TOKEN_LIFETIME + 4 * i64::try_from(key_wait).unwrap_or(i64::MAX / 8);
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
        "exp": now + lifetime,
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
    that_fit(scope.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect())
}

/// As many of the scopes as a token can have and still fit into a header.
fn that_fit(scopes: Vec<String>) -> Vec<String> {
    let mut left = SCOPES_AT_MOST;
    let mut fits = |scope: &String| {
        let length = scope.len() + 1;
        let fits = length <= left;
        left -= if fits { length } else { 0 };
        fits
    };
    scopes.into_iter().filter(|scope| fits(scope)).collect()
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

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;

    fn reply(status: u16, content_type: &'static str, body: &str) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        headers.insert("location", HeaderValue::from_static("https://login.example"));
        let mut reply = Reply::new(StatusCode::from_u16(status).unwrap(), headers, Some(json!(1)));
        reply.body = body.as_bytes().to_vec();
        reply
    }

    #[test]
    fn what_answers_everything_alike_and_not_as_mcp_is_no_endpoint() {
        for (status, content_type, body, expected) in [
            (200, "text/html", "<html>", "every MCP request got 200 with a page of HTML"),
            (
                200,
                "text/html",
                "<Title lang=en>Sign\n in</title>",
                "every MCP request got 200 with a page of HTML titled \"Sign in\"",
            ),
            (
                400,
                "text/plain",
                "Client sent an HTTP request to an HTTPS server.\n",
                "every MCP request got 400 with \"Client sent an HTTP request to an HTTPS server.\"",
            ),
            (302, "text/html", "", "every MCP request got 302 to \"https://login.example\""),
            (404, "text/plain", "", "every MCP request got 404 Not Found"),
            (500, "application/json", r#"{"error":"boom"}"#, "every MCP request got 500 Internal Server Error"),
        ] {
            let reply = reply(status, content_type, body);
            assert_eq!(no_endpoint(&[&reply, &reply]).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_answers_as_mcp_or_differently_may_be_an_endpoint() {
        let page = reply(200, "text/html", "<html>");
        let error = reply(200, "application/json", r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#);
        let missing = reply(404, "text/plain", "");
        for replies in [vec![&error, &error], vec![&page, &missing], vec![&reply(400, "text/plain", "")], vec![]] {
            assert_eq!(no_endpoint(&replies), None);
        }
    }
}
