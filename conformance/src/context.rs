//! What a check may touch: the target, the zone, an accepted token, and a client that records.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use url::Url;

use crate::challenge::is_scope_byte;
use crate::check::{Need, Stop, Verdict};
use crate::client::{Client, Connections, NoReply, Request};
use crate::controls::{Controls, Span};
use crate::declared::Declared;
use crate::discovery::{Discovery, is_loopback};
use crate::given::{Given, Issued};
use crate::mcp::{self, Operation, Revision, Session};
use crate::oauth::http::Http;
use crate::oauth::metadata::AuthorizationServer;
use crate::outage::{Failure, Outage};
use crate::public_key::PublicKey;
use crate::redirects::{self, Led};
use crate::reply::{Outcome, Reply};
use crate::rollover::Rollover;
use crate::scene::{Scene, Scenes, SecureZone, Started};
use crate::secrets::Secrets;
use crate::server_audit::ServerAudit;
use crate::sign_in::{SignedIn, sign_in};
use crate::survey::{ScopedTool, Survey};
use crate::text::quoted;
use crate::token::{Draft, ForeignKey, ForgeError, Token};
use crate::transcript::{Exchange, Transcript};
use crate::upstream::Upstream;
use crate::waiting::{Begun, Waiting};
use crate::waits::Waits;
use crate::zone::{Zone, ZoneError};

/// The name of the foreign key at [`Context::key_host`]; no zone has one of this name.
pub const FOREIGN_KEY_ID: &str = "conformance-foreign-key";
/// Most authorization servers that are asked for their keys.
const ISSUERS_ASKED: usize = 3;
/// Most keys of one of them that are read.
const KEYS_READ: usize = 50;

/// What a run is about and what it may do: the user's words, before anything is sent.
#[derive(Debug, Clone)]
pub struct Options {
    /// The MCP endpoint.
    pub url: Url,
    /// Tools that the user named, which may therefore be called, with their arguments.
    pub tools: Vec<(String, Map<String, Value>)>,
    /// What the user's configuration says of tools, resources and completions.
    pub declared: Arc<Declared>,
    /// Which tool needs which scopes, as declared.
    pub tool_scopes: BTreeMap<String, Vec<String>>,
    /// Scopes that imply others, each with one of those, as declared.
    pub scope_implies: Vec<(String, String)>,
    /// Revisions to test; empty: all that the server speaks.
    pub revisions: Vec<Revision>,
    /// The bound on one exchange.
    pub timeout: Duration,
    /// How long a server may take to accept a key that was rotated in, or to drop one that was taken out.
    pub key_wait: Duration,
    /// The API that the server was told to call, registered at the zone; none where we did not start it.
    pub upstream: Option<String>,
    /// The log of calls that the server keeps.
    pub server_audit: Option<ServerAudit>,
    /// Certificate authorities that are trusted at the target beside the system's, as DER.
    pub roots: Vec<Vec<u8>>,
}

/// All that the checks of one run share.
#[derive(Debug)]
pub struct Run {
    /// The user's words.
    pub options: Options,
    /// The only way to the target.
    pub client: Client,
    /// What must not be shown.
    pub secrets: Arc<Secrets>,
    /// The zone that the server trusts, if we control it.
    pub zone: Option<Zone>,
    /// What was found out before the first check.
    pub survey: Survey,
    /// The token that was given in place of a zone.
    pub given: Option<Arc<Given>>,
    /// Whoever can start the server once more.
    pub scenes: Option<Arc<dyn Scenes>>,
    /// The server, where it is ours to stop and to start anew.
    pub server: Option<Arc<AsyncMutex<dyn Started>>>,
    /// What the run waits for just now.
    pub waiting: Arc<Waiting>,
    /// The API that the server was told to call, where the suite answers for it.
    pub upstream: Option<Arc<Upstream>>,
    rogue: OnceCell<(mock_zone::MockZone, Zone)>,
    foreign_key: Arc<OnceCell<ForeignKey>>,
    signed_in: OnceCell<SignedIn>,
    key_host: OnceCell<Upstream>,
    leeway: OnceCell<Option<i64>>,
    rollover: OnceCell<Result<Rollover, Stop>>,
    outages: [OnceCell<Result<Outage, Stop>>; Failure::ALL.len()],
    asks_for_no_keys: OnceLock<Stop>,
    /// How the accepted token fared each time it was sent.
    pub controls: Controls,
    /// Sessions in place of the survey's, which have ended.
    reopened: Mutex<BTreeMap<Revision, Session>>,
    published: OnceCell<Vec<PublicKey>>,
}

impl Run {
    /// Puts together what the checks share.
    pub fn new(options: Options, client: Client, secrets: Arc<Secrets>, zone: Option<Zone>, survey: Survey) -> Self {
        Self {
            options,
            client,
            secrets,
            zone,
            survey,
            given: None,
            scenes: None,
            server: None,
            waiting: Arc::default(),
            upstream: None,
            rogue: OnceCell::new(),
            foreign_key: Arc::default(),
            signed_in: OnceCell::new(),
            key_host: OnceCell::new(),
            leeway: OnceCell::new(),
            rollover: OnceCell::new(),
            outages: Default::default(),
            asks_for_no_keys: OnceLock::new(),
            controls: Controls::default(),
            reopened: Mutex::default(),
            published: OnceCell::new(),
        }
    }
}

impl Run {
    /// The same for another server and its zone, with what is made once for all of them.
    #[must_use]
    pub fn elsewhere(&self, options: Options, client: Client, zone: Zone, survey: Survey) -> Self {
        let secrets = Arc::clone(&self.secrets);
        let foreign_key = Arc::clone(&self.foreign_key);
        let waiting = Arc::clone(&self.waiting);
        Self { waiting, foreign_key, ..Self::new(options, client, secrets, Some(zone), survey) }
    }
}

/// What one check sees, in one revision.
#[derive(Debug)]
pub struct Context {
    run: Arc<Run>,
    revision: Revision,
    transcript: Arc<Transcript>,
    /// The given token that the check was handed last, and the end of the one that ends first.
    handed: Mutex<Option<Issued>>,
    /// When the first control was sent that was served.
    leans_on: OnceLock<Instant>,
}

impl Context {
    /// A context for one check in one revision, which records into `transcript`.
    pub fn new(run: Arc<Run>, revision: Revision, transcript: Arc<Transcript>) -> Self {
        Self { run, revision, transcript, handed: Mutex::new(None), leans_on: OnceLock::new() }
    }

    /// The MCP endpoint.
    pub fn url(&self) -> &Url {
        &self.run.options.url
    }

    /// The revision that this check is run in.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Makes sure that the server was seen to speak this revision, for rules that others do not have.
    ///
    /// # Errors
    /// Not tested where it is only assumed: a token would show it. Inconclusive where a token was refused.
    pub fn spoken(&self) -> Result<(), Stop> {
        if self.run.survey.assumed { self.run.survey.accepted().map(drop) } else { Ok(()) }
    }

    /// Shows that the check waits, for what and how long at most, until the answer is dropped.
    pub fn begin_wait(&self, what: &'static str, at_most: Duration) -> Begun {
        self.run.waiting.begin(what, Some(at_most))
    }

    /// Waits for the server in growing steps, for no longer than `bound` in all, and shows it.
    pub fn waits(&self, what: &'static str, bound: Duration) -> Waits {
        Waits::within(bound).shown(self.begin_wait(what, bound))
    }

    /// A later revision than this one that the server speaks too, if there is one.
    ///
    /// # Errors
    /// Inconclusive where the accepted token is refused; not tested where there is none.
    pub async fn later_revision(&self) -> Result<Option<Revision>, Stop> {
        let token = self.served_token().await?;
        if let Some(later) = self.run.survey.dialects.keys().next_back().filter(|newest| **newest > self.revision) {
            return Ok(Some(*later));
        }
        // The survey asks for each revision, unless the user wants some only.
        let unasked = |revision: &Revision| {
            let wanted = &self.options().revisions;
            *revision > self.revision && !wanted.is_empty() && !wanted.contains(revision)
        };
        for later in Revision::ALL.into_iter().filter(unasked) {
            let first = if later.initializes() { Operation::Initialize } else { Operation::Discover };
            let request = mcp::post(self.url(), &first, later, &Session::default()).bearer(&token.compact);
            let reply = self.send(&request.purpose(format!("{} of {later}", first.method()))).await?;
            let session = Session { id: reply.header("mcp-session-id").map(str::to_owned) };
            self.end_session(&token.compact, &session).await;
            let result = reply.result().unwrap_or_default();
            let listed = result["supportedVersions"].as_array().map(Vec::as_slice).unwrap_or_default();
            if result["protocolVersion"] == later.name() || listed.contains(&json!(later.name())) {
                return Ok(Some(later));
            }
        }
        Ok(None)
    }

    /// The user's words.
    pub fn options(&self) -> &Options {
        &self.run.options
    }

    /// What the user's configuration says of tools, resources and completions.
    pub fn declared(&self) -> &Declared {
        &self.run.options.declared
    }

    /// What was found out before the first check.
    pub fn survey(&self) -> &Survey {
        &self.run.survey
    }

    /// What a client without a token finds; the exchanges become this check's evidence too.
    pub fn discovery(&self) -> &Discovery {
        for exchange in &self.run.survey.discovery.exchanges {
            self.transcript.push(Arc::clone(exchange));
        }
        &self.run.survey.discovery
    }

    /// The API that the server was told to call.
    ///
    /// # Errors
    /// Not tested, where the suite answers for none.
    pub fn upstream(&self) -> Result<&Upstream, Stop> {
        self.run.upstream.as_deref().ok_or(Stop::NotTested { need: Need::Upstream })
    }

    /// The log of calls that the server keeps.
    ///
    /// # Errors
    /// Not tested, where none was named.
    pub fn server_audit(&self) -> Result<&ServerAudit, Stop> {
        self.options().server_audit.as_ref().ok_or(Stop::NotTested { need: Need::ServerAudit })
    }

    /// For what the server was asked when it answered with this token, or with a long part of it, at any time of the run.
    pub fn was_answered_with(&self, token: &str) -> Option<String> {
        self.run.client.ledger().holds(token)
    }

    /// The zone that the server trusts.
    ///
    /// # Errors
    /// Not tested, where we control none.
    pub fn zone(&self) -> Result<&Zone, Stop> {
        self.run.zone.as_ref().ok_or(Stop::NotTested { need: Need::ZoneControl })
    }

    /// A second live zone, which the server has no reason to trust.
    ///
    /// # Errors
    /// Our own bug, where it cannot be started.
    pub async fn rogue_zone(&self) -> Result<&Zone, Stop> {
        let started = self.run.rogue.get_or_try_init(|| async {
            let zone = mock_zone::MockZone::start(mock_zone::Config::default()).await.map_err(|e| bug(&e))?;
            let url = Url::parse(zone.url()).map_err(|e| bug(&e))?;
            let control = Zone::connect(&url, None).await.map_err(|e| bug(&e))?;
            Ok((zone, control))
        });
        started.await.map(|(_, control)| control)
    }

    /// A JWT that the server just accepted, in this revision, on the operation that bears the token checks.
    ///
    /// This is the positive control: a rejection proves nothing where a good token is rejected too.
    ///
    /// # Errors
    /// Inconclusive where the control fails; not tested where there is no token, or no operation that needs one; not
    /// applicable where the token is opaque, so that there is nothing in it to change.
    pub async fn accepted_token(&self) -> Result<Token, Stop> {
        if !self.current_token().await?.is_jwt() {
            return Err(Stop::not_applicable(
                "the accepted token is opaque to the suite: no JWT, so nothing in it can be changed",
            ));
        }
        self.accepted_credential().await
    }

    /// The same for checks that need no more than a token which is accepted, JWT or not.
    ///
    /// # Errors
    /// Inconclusive where the control fails; not tested where there is no token, or no operation that needs one.
    pub async fn accepted_credential(&self) -> Result<Token, Stop> {
        self.run.survey.accepted()?;
        if self.run.survey.is_open(self.revision) {
            // Whatever is sent there is served, so it tells no token from another.
            return Err(Stop::NotTested { need: Need::DeclaredTool });
        }
        self.served_token().await
    }

    /// A token with which the bearing operation was served just now, in this revision, whether or not it needs one.
    ///
    /// This is the positive control of checks that are not about tokens.
    ///
    /// # Errors
    /// Inconclusive where the control fails; not tested where there is no token.
    pub async fn served_token(&self) -> Result<Token, Stop> {
        let sent = Instant::now();
        let token = self.current_token().await?;
        let reply = self.control(&token).await?;
        if reply.outcome() == Outcome::Served {
            self.leans_on.get_or_init(|| sent);
            return Ok(self.proven(token).await);
        }
        let mut because = format!("the token that was accepted before got {}", reply.describe());
        if let Some(given) = self.run.given.as_deref().filter(|_| reply.outcome() == Outcome::Unauthorized) {
            match given.instead_of(&token, &self.run.survey.discovery, &self.run.secrets).await {
                Ok(issued) => {
                    let token = self.hand_out(issued);
                    let reply = self.control(&token).await?;
                    if reply.outcome() == Outcome::Served {
                        self.leans_on.get_or_init(|| sent);
                        return Ok(self.proven(token).await);
                    }
                    because.push_str(&format!(", and a fresh one of {} got {}", given.name(), reply.describe()));
                }
                Err(why) => because.push_str(&format!(", and there is no fresh one: {why}")),
            }
        }
        Err(Stop::inconclusive(because))
    }

    async fn proven(&self, token: Token) -> Token {
        if let Some(given) = &self.run.given {
            given.proven(&token).await;
        }
        token
    }

    async fn control(&self, token: &Token) -> Result<Reply, NoReply> {
        let session = self.session();
        let reply = self.control_in(&session, token).await?;
        if reply.status != StatusCode::NOT_FOUND || session.id.is_none() {
            return Ok(reply);
        }
        // The session has ended: the server was started anew, or has a bound on its sessions.
        let opened = match self.session() {
            other if other != session => Ok(other),
            _ => self.open_session(&token.compact, "the accepted token, as its session has ended").await?,
        };
        let Ok(opened) = opened else { return Ok(reply) };
        let again = self.control_in(&opened, token).await?;
        if again.outcome() == Outcome::Served {
            self.reopened().insert(self.revision, opened);
        }
        Ok(again)
    }

    async fn control_in(&self, session: &Session, token: &Token) -> Result<Reply, NoReply> {
        let purpose = format!("{} with the accepted token (control)", self.bearing_name());
        let request = mcp::post(self.url(), self.bearing_operation(), self.revision, session);
        let sent = Instant::now();
        let reply = self.send(&request.bearer(&token.compact).purpose(purpose)).await?;
        // That a given token has run out is no wonder.
        if !self.handed().as_ref().is_some_and(Issued::has_expired) {
            self.run.controls.note(self.revision, &token.compact, [sent, Instant::now()], reply.outcome());
        }
        Ok(reply)
    }

    /// The time of which this check says something by comparing with the accepted token, if it did and ends now.
    pub fn span(&self) -> Option<Span> {
        let since = *self.leans_on.get()?;
        Some(Span { revision: self.revision, since, until: Instant::now() })
    }

    /// Sends the accepted token a few times more, when all checks have ended that compare with it: it shows whether the
    /// server still serves it, and each time.
    pub async fn last_controls(&self) {
        const TIMES: usize = 4;
        let Ok(token) = self.current_token().await else { return };
        for _ in 0..TIMES {
            if self.control(&token).await.is_err() {
                return;
            }
        }
    }

    fn reopened(&self) -> MutexGuard<'_, BTreeMap<Revision, Session>> {
        self.run.reopened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accepted token as it is now, without any control: a given one may have been replaced before it ran out.
    ///
    /// # Errors
    /// Inconclusive where all were refused, not tested where there was none.
    pub async fn current_token(&self) -> Result<Token, Stop> {
        let accepted = self.run.survey.accepted()?;
        let Some(given) = &self.run.given else { return Ok(accepted.clone()) };
        let issued = given.current(&self.run.survey.discovery, &self.run.secrets).await;
        let issued = issued.map_err(|what| Stop::Bug { what })?;
        Ok(self.hand_out(issued))
    }

    fn hand_out(&self, mut issued: Issued) -> Token {
        let mut handed = self.handed();
        let before = handed.as_ref().and_then(|before| before.expires_at);
        let token = issued.token.clone();
        issued.expires_at = issued.expires_at.into_iter().chain(before).min();
        *handed = Some(issued);
        token
    }

    fn handed(&self) -> MutexGuard<'_, Option<Issued>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verdict, unless a given token that it rests on was no longer good at the end: then a refusal said nothing.
    ///
    /// # Errors
    /// The verdict's, or inconclusive.
    pub async fn while_valid(&self, verdict: Verdict) -> Verdict {
        let issued = self.handed().clone();
        let (Some(issued), Ok(()) | Err(Stop::Violation { .. } | Stop::NotApplicable { .. })) = (issued, &verdict)
        else {
            return verdict;
        };
        if issued.has_expired() {
            return Err(Stop::inconclusive(
                "the token that was given had run out when the check ended; give one that lasts",
            ));
        }
        // Its end may come unannounced, and a finding is worth one more request.
        if issued.expires_at.is_none() || verdict.is_err() {
            let reply = self.control(&issued.token).await?;
            if reply.outcome() != Outcome::Served {
                let because = format!("the accepted token itself got {} when the check ended", reply.describe());
                return Err(Stop::inconclusive(because));
            }
        }
        verdict
    }

    /// The accepted token, after the bearing operation was refused without one: then whatever else lets it in is a hole.
    ///
    /// # Errors
    /// Inconclusive where one of the two controls fails; not tested where there is no token, or no operation that needs
    /// one.
    pub async fn needed_token(&self) -> Result<Token, Stop> {
        let token = self.accepted_credential().await?;
        let bare = self.send(&self.bearing().purpose("no token (control)")).await?;
        if bare.expect_refused().is_err() {
            return Err(Stop::inconclusive(format!("without any token the answer was {}", bare.describe())));
        }
        Ok(token)
    }

    /// Has the zone sign a draft, with the key that its `kid` names.
    ///
    /// # Errors
    /// Not tested without a zone; inconclusive where the zone fails.
    pub async fn sign(&self, draft: &Draft, name: &str) -> Result<String, Stop> {
        let token = self.zone()?.sign(&draft.header, &draft.claims).await?;
        self.run.secrets.add(&token, name);
        Ok(token)
    }

    /// Has the zone sign exactly these bytes as header and payload, whatever they say, by the accepted token's algorithm.
    ///
    /// # Errors
    /// Not tested without a zone; inconclusive where the zone fails.
    pub async fn sign_bytes(&self, header: &str, payload: &[u8], name: &str) -> Result<String, Stop> {
        let zone = self.zone()?;
        let accepted = &self.run.survey.accepted()?.header;
        let kid = accepted.get("kid").cloned().unwrap_or_default();
        let body = json!({
            "header_raw": header,
            "payload_base64url": URL_SAFE_NO_PAD.encode(payload),
            "key": {"kid": kid},
            "sign_with": accepted.get("alg"),
        });
        Ok(self.note(zone.mint(&body).await?, name))
    }

    /// A listener that serves the foreign key: as a key set under `/keys/`, as a certificate under `/certificate/`.
    ///
    /// # Errors
    /// Our own bug, where it cannot be started.
    pub async fn key_host(&self) -> Result<&Upstream, Stop> {
        let started = self.run.key_host.get_or_try_init(|| async {
            let key = self.foreign_key().await?;
            let set = json!({"keys": [key.jwk(FOREIGN_KEY_ID)?]}).to_string();
            let pem = key.certificate()?.to_pem().map_err(|e| bug(&e))?;
            let pem = String::from_utf8(pem).map_err(|e| bug(&e))?;
            Upstream::serving(vec![("/keys/", set), ("/certificate/", pem)]).await.map_err(|e| bug(&e))
        });
        started.await
    }

    /// How many seconds after its `exp` a token is still served, as measured once for all checks; none where that is more
    /// than [`LEEWAY_AT_MOST`](crate::leeway::LEEWAY_AT_MOST).
    ///
    /// # Errors
    /// Inconclusive where the answers say nothing.
    pub async fn leeway(&self) -> Result<Option<i64>, Stop> {
        self.run.leeway.get_or_try_init(|| crate::leeway::measured(self)).await.copied()
    }

    /// Takes note of a token made by the suite itself, so that no report shows it.
    pub fn note(&self, token: String, name: &str) -> String {
        self.run.secrets.add(&token, name);
        token
    }

    /// What a text gives away of this run's tokens and secrets.
    pub fn given_away_by(&self, text: &str) -> Option<String> {
        self.run.secrets.given_away_by(text)
    }

    /// The name of a token or secret of this run that a text holds.
    pub fn known_secret_in(&self, text: &str) -> Option<String> {
        self.run.secrets.known_in(text)
    }

    /// An RSA key that no zone has.
    ///
    /// # Errors
    /// Our own bug, where it cannot be made.
    pub async fn foreign_key(&self) -> Result<&ForeignKey, Stop> {
        let made = self.run.foreign_key.get_or_try_init(|| async {
            let generated = tokio::task::spawn_blocking(ForeignKey::generate).await;
            generated.map_err(|e| bug(&e))?.map_err(|e| bug(&e))
        });
        made.await
    }

    /// The public key that a token is signed with: one of the zone's, else of those that a client finds from the server's
    /// metadata on.
    ///
    /// # Errors
    /// Not tested where it cannot be found that way; a zone of ours would have it. Inconclusive where the zone fails.
    pub async fn published_key(&self, token: &Token) -> Result<&PublicKey, Stop> {
        let published = self.run.published.get_or_try_init(|| async {
            if let Some(zone) = &self.run.zone {
                return Ok(zone.keys().await?.iter().filter_map(|key| PublicKey::read(&key.jwk)).collect());
            }
            let found = published_keys(&self.run.survey.discovery, self.url());
            // A server may name places that answer one byte at a time.
            Ok::<_, Stop>(tokio::time::timeout(self.options().timeout, found).await.unwrap_or_default())
        });
        match (published.await?.iter().find(|key| key.verifies(token)), &self.run.zone) {
            (Some(key), _) => Ok(key),
            (None, None) => Err(Stop::NotTested { need: Need::ZoneControl }),
            (None, Some(_)) => Err(Stop::inconclusive("the zone no longer publishes the key of the accepted token")),
        }
    }

    /// The operation that bears the token checks: the user's tool, a read-only one, or the tools list.
    pub fn bearing_operation(&self) -> &Operation {
        self.run.survey.bearing(self.revision)
    }

    /// The bearing operation in a few words.
    pub fn bearing_name(&self) -> String {
        self.bearing_operation().describe()
    }

    /// The bearing request, without credentials.
    pub fn bearing(&self) -> Request {
        self.operation(self.bearing_operation())
    }

    /// Any operation as a request, without credentials.
    pub fn operation(&self, operation: &Operation) -> Request {
        mcp::post(self.url(), operation, self.revision, &self.session())
    }

    /// A request with another HTTP method on the endpoint.
    pub fn method(&self, method: Method) -> Request {
        mcp::other(self.url(), method, self.revision, &self.session())
    }

    /// The session that the survey opened in this revision, or the one in its place; empty where the server has none.
    pub fn session(&self) -> Session {
        let reopened = self.reopened().get(&self.revision).cloned();
        reopened.unwrap_or_else(|| self.run.survey.session(self.revision).clone())
    }

    /// Sends the bearing request with this token.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn call(&self, token: &str, what: &str) -> Result<Reply, Stop> {
        let request = self.bearing().bearer(token).purpose(format!("{} with {what}", self.bearing_name()));
        Ok(self.send(&request).await?)
    }

    /// Sends the bearing request with a token of another principal than the accepted one's.
    ///
    /// Servers bind sessions to whoever opened them, so where there are sessions this opens one of the token's own.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn call_as_another(&self, token: &str, what: &str) -> Result<Reply, Stop> {
        self.perform_as_another(self.bearing_operation(), token, what).await
    }

    /// The same with any operation.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn perform_as_another(&self, operation: &Operation, token: &str, what: &str) -> Result<Reply, Stop> {
        let session = match self.open_session(token, what).await? {
            Ok(session) => session,
            Err(refusal) => return Ok(refusal),
        };
        let request = mcp::post(self.url(), operation, self.revision, &session).bearer(token);
        let reply = self.send(&request.purpose(format!("{} with {what}", operation.describe()))).await;
        self.end_session(token, &session).await;
        Ok(reply?)
    }

    /// Opens a session for this token, where the server has sessions; else there is none to open. Where it does not let
    /// the token begin one, its answer.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn open_session(&self, token: &str, what: &str) -> Result<Result<Session, Reply>, NoReply> {
        let mut session = Session::default();
        if self.revision.initializes() && self.session().id.is_some() {
            let opening = mcp::post(self.url(), &Operation::Initialize, self.revision, &session).bearer(token);
            let reply = self.send(&opening.purpose(format!("initialize with {what}"))).await?;
            if reply.outcome() != Outcome::Served {
                return Ok(Err(reply));
            }
            session.id = reply.session_id();
            let initialized = Operation::Notification("notifications/initialized");
            self.send(&mcp::post(self.url(), &initialized, self.revision, &session).bearer(token)).await?;
        }
        Ok(Ok(session))
    }

    /// Ends a session that a check opened, as a client does. A server need not let it.
    pub async fn end_session(&self, token: &str, session: &Session) {
        if session.id.is_some() && *session != self.session() {
            let request = mcp::other(self.url(), Method::DELETE, self.revision, session).bearer(token);
            let _ = self.send(&request.purpose("the end of that session")).await;
        }
    }

    /// Sends any request.
    ///
    /// # Errors
    /// [`NoReply`], which `?` turns into inconclusive.
    pub async fn send(&self, request: &Request) -> Result<Reply, NoReply> {
        self.run.client.send(request, &self.transcript).await
    }

    /// A client with connections of its own.
    ///
    /// # Errors
    /// Our own bug, where the TLS library cannot be set up.
    pub fn apart(&self, connections: Connections) -> Result<Client, Stop> {
        self.run.client.apart(connections).map_err(|e| bug(&e))
    }

    /// Sends any request over the connections of another client.
    ///
    /// # Errors
    /// [`NoReply`], which `?` turns into inconclusive.
    pub async fn send_over(&self, client: &Client, request: &Request) -> Result<Reply, NoReply> {
        client.send(request, &self.transcript).await
    }

    /// Sends any request, whose answer is waited for and read no longer than this.
    ///
    /// # Errors
    /// [`NoReply`], which `?` turns into inconclusive.
    pub async fn send_within(&self, bound: Duration, request: &Request) -> Result<Reply, NoReply> {
        self.run.client.within(bound).send(request, &self.transcript).await
    }

    /// Fetches a public document of the server, without credentials.
    ///
    /// # Errors
    /// [`NoReply`], which `?` turns into inconclusive.
    pub async fn fetch(&self, url: Url, purpose: &str) -> Result<Reply, NoReply> {
        self.send(&Request::get(url, purpose).header("accept", "application/json")).await
    }

    /// Fetches a public document with this `Accept`, and follows its redirects.
    ///
    /// # Errors
    /// [`NoReply`], which `?` turns into inconclusive.
    pub async fn follow(&self, url: &Url, accept: &str) -> Result<Led, NoReply> {
        let request = Request::get(url.clone(), format!("metadata, Accept: {accept}")).header("accept", accept);
        redirects::follow(&self.run.client, &self.transcript, self.url(), request).await
    }

    /// Notes something that is worth reporting beside the verdict.
    pub fn remark(&self, remark: String) {
        self.transcript.remark(remark);
    }

    /// The claims of `token` under the name of a second live zone, signed by it; and that zone.
    ///
    /// # Errors
    /// Inconclusive where the second zone fails.
    pub async fn second_zone_token(&self, token: &Token) -> Result<(String, &Zone), Stop> {
        let zone = self.rogue_zone().await?;
        let kid = zone.active_key().await?.kid;
        let draft = token.but(|t| {
            t.claim("iss", zone.issuer());
            t.header("alg", "RS256");
            t.header("kid", kid);
        });
        let compact = zone.sign(&draft.header, &draft.claims).await?;
        Ok((self.note(compact, "token of a second zone"), zone))
    }

    /// What came of a real sign-in for this server; walked once, for all checks.
    ///
    /// # Errors
    /// Inconclusive where the zone does not let it come to its end.
    pub async fn signed_in(&self) -> Result<&SignedIn, Stop> {
        let walked = self.run.signed_in.get_or_try_init(|| async {
            let resource = self.run.survey.discovery.resource().unwrap_or_else(|| self.url().to_string());
            let zone = self.zone()?;
            zone.register_resource(&resource).await?;
            let scopes = requestable(&self.run.survey.accepted()?.scopes());
            let walked = sign_in(zone, &resource, &scopes).await;
            let signed_in = walked.map_err(|e| Stop::inconclusive(format!("the sign-in at the zone: {e}")))?;
            self.run.secrets.add(&signed_in.access_token, "token from a sign-in");
            signed_in.secrets.iter().for_each(|(secret, name)| self.run.secrets.add(secret, name));
            Ok(signed_in)
        });
        walked.await
    }

    /// What the server did while the keys of its zone could not be fetched; gone through once for each kind of failure,
    /// for all checks. The exchanges become this check's evidence too.
    ///
    /// # Errors
    /// Inconclusive where the outage could not be put to the server.
    pub async fn outage(&self, failure: Failure) -> Result<&Outage, Stop> {
        let mut here = false;
        let gone_through = self.run.outages[failure as usize].get_or_init(|| {
            here = true;
            Outage::go_through(self, failure)
        });
        let outage = gone_through.await.as_ref().map_err(Clone::clone)?;
        if !here {
            self.add_evidence(&outage.exchanges);
        }
        Ok(outage)
    }

    /// What the server made of new keys in its zone's set; gone through once, for all checks. The exchanges become this
    /// check's evidence too.
    ///
    /// # Errors
    /// Inconclusive where the new keys could not be put to the server.
    pub async fn rollover(&self) -> Result<&Rollover, Stop> {
        let mut here = false;
        let gone_through = self.run.rollover.get_or_init(|| {
            here = true;
            Rollover::go_through(self)
        });
        let rollover = gone_through.await.as_ref().map_err(Clone::clone)?;
        if !here {
            self.add_evidence(&rollover.exchanges);
        }
        Ok(rollover)
    }

    /// Stops at once where another check has waited in vain for the server to ask for keys: the wait is the longest of all.
    ///
    /// # Errors
    /// Inconclusive then.
    pub fn may_ask_for_keys(&self) -> Result<(), Stop> {
        self.run.asks_for_no_keys.get().map_or(Ok(()), |why| Err(why.clone()))
    }

    /// The server did not ask for keys in the time that it has for that.
    pub fn did_not_ask_for_keys(&self) -> Stop {
        let within = self.options().key_wait.as_secs();
        let why = format!("the server did not ask its zone for keys within {within} s");
        self.run.asks_for_no_keys.get_or_init(|| Stop::inconclusive(why)).clone()
    }

    /// One more server, which is told to trust this zone; none where it does not start, or where no server can be started.
    pub async fn scene_at(&self, zone: &SecureZone) -> Option<Scene> {
        let scene = self.run.scenes.as_ref()?.another_at(zone).await?;
        scene.secrets.iter().for_each(|(secret, name)| self.run.secrets.add(secret, name));
        Some(scene)
    }

    /// Whether such a server is told of the zone's certificate authority.
    pub fn tells_authorities(&self) -> bool {
        self.run.scenes.as_ref().is_some_and(|scenes| scenes.tells_authorities())
    }

    /// A client for another server than the target, which was started for this check.
    ///
    /// # Errors
    /// Our own bug, where the TLS library cannot be set up.
    pub fn client_for(&self, url: &Url) -> Result<Client, Stop> {
        let options = Options { url: url.clone(), ..self.run.options.clone() };
        Client::new(&options, Arc::clone(&self.run.secrets)).map_err(|e| bug(&e))
    }

    /// Whether the server is on loopback and asked over plain http, as in development alone.
    pub fn is_in_development(&self) -> bool {
        self.url().scheme() == "http" && is_loopback(self.url())
    }

    /// Whether the server is ours to stop and to start anew.
    pub fn can_restart(&self) -> bool {
        self.run.server.is_some()
    }

    /// Stops the server and starts it anew, as it was; false where it does not start. Its sessions are gone then.
    ///
    /// # Errors
    /// Not tested where the server is not ours to stop.
    pub async fn restart(&self) -> Result<bool, Stop> {
        let server = self.run.server.as_ref().ok_or(Stop::NotTested { need: Need::Launch })?;
        Ok(server.lock().await.restart().await)
    }

    fn add_evidence(&self, exchanges: &[Arc<Exchange>]) {
        for exchange in exchanges {
            self.transcript.push(Arc::clone(exchange));
        }
    }

    /// The evidence so far.
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        self.transcript.exchanges()
    }

    /// One of the survey's tools that need scopes, after it was served with a token that has them (the positive control).
    ///
    /// # Errors
    /// Inconclusive where the control fails.
    pub async fn scoped_tool(&self, tool: &ScopedTool) -> Result<Scoped, Stop> {
        // As few scopes as can be: one more may imply the one that a check takes out. Then all that were accepted.
        let mut all = tool.scopes.clone();
        all.extend(self.run.survey.accepted()?.scopes().into_iter().filter(|s| !tool.scopes.contains(s)));
        let mut refusals = Vec::new();
        for scopes in [tool.scopes.clone(), all] {
            let sent = Instant::now();
            let reply = self.call_scoped(tool, &scopes, "the scopes it needs (control)").await?;
            if reply.outcome() == Outcome::Served {
                self.leans_on.get_or_init(|| sent);
                return Ok(Scoped { tool: tool.clone(), scopes: self.without_spare(tool, scopes).await? });
            }
            refusals.push(format!("with scopes {} it got {}", quoted(&scopes.join(" ")), reply.describe()));
        }
        Err(Stop::inconclusive(format!("{}: {}", tool.name(), refusals.join(", "))))
    }

    /// The scopes without those that the tool was not said to need and that it does without: one might imply another.
    async fn without_spare(&self, tool: &ScopedTool, mut scopes: Vec<String>) -> Result<Vec<String>, Stop> {
        let spare: Vec<_> = scopes.iter().filter(|s| !tool.scopes.contains(s)).cloned().collect();
        for scope in spare {
            let fewer: Vec<_> = scopes.iter().filter(|s| **s != scope).cloned().collect();
            let reply = self.call_scoped(tool, &fewer, &format!("the scopes it needs but {scope} (control)")).await?;
            if reply.outcome() == Outcome::Served {
                scopes = fewer;
            }
        }
        Ok(scopes)
    }

    /// Calls a tool with the accepted token, which has these scopes and no others.
    ///
    /// # Errors
    /// Inconclusive, where zone or server gave no answer.
    pub async fn call_scoped(&self, tool: &ScopedTool, scopes: &[String], what: &str) -> Result<Reply, Stop> {
        let draft = self.run.survey.accepted()?.but(|t| t.scopes(scopes));
        let token = self.sign(&draft, &format!("token with {what}")).await?;
        let request = self.operation(&tool.operation).bearer(&token);
        Ok(self.send(&request.purpose(format!("{} with {what}", tool.name()))).await?)
    }

    /// The 403 that a tool answers to a token that lacks one of its scopes.
    ///
    /// # Errors
    /// Not applicable where it answers otherwise, which other checks judge; inconclusive where it may not have looked.
    pub async fn refused_for_scope(&self, scoped: &Scoped) -> Result<Reply, Stop> {
        let (missing, left) = scoped.lacking_one();
        let reply = self.call_scoped(&scoped.tool, &left, &format!("all it needs but {missing}")).await?;
        match reply.outcome() {
            Outcome::Forbidden => Ok(reply),
            Outcome::Served | Outcome::NotServedIn2xx | Outcome::Unauthorized => {
                let why = format!("no 403 for want of a scope; the answer was {}", reply.describe());
                Err(Stop::not_applicable(why))
            }
            Outcome::ServerError | Outcome::NoVerdict => {
                Err(Stop::inconclusive(format!("for want of a scope the answer was {}", reply.describe())))
            }
        }
    }

    /// Seconds since 1970, by the clock that the server under test is assumed to share.
    pub fn now(&self) -> i64 {
        crate::survey::now()
    }
}

/// A tool that needs scopes, and the scopes with which it was just served.
#[derive(Debug, Clone)]
pub struct Scoped {
    /// The tool.
    pub tool: ScopedTool,
    /// All scopes of the token with which it was served: those that it needs, and others where these were not enough.
    pub scopes: Vec<String>,
}

impl Scoped {
    /// The scopes without one of them.
    pub fn without(&self, scope: &str) -> Vec<String> {
        self.scopes.iter().filter(|s| *s != scope).cloned().collect()
    }

    /// A scope that the tool needs, and the others.
    pub fn lacking_one(&self) -> (String, Vec<String>) {
        let missing = self.tool.scopes.first().cloned().unwrap_or_default();
        let left = self.without(&missing);
        (missing, left)
    }
}

/// The keys of the authorization servers that the metadata name, as far as these can be had.
async fn published_keys(discovery: &Discovery, endpoint: &Url) -> Vec<PublicKey> {
    let mut found = Vec::new();
    let Ok(http) = Http::new() else { return found };
    for issuer in discovery.issuers().iter().take(ISSUERS_ASKED) {
        let Ok(server) = AuthorizationServer::discover(&http, issuer, endpoint).await else { continue };
        let keys = server.keys(&http).await.unwrap_or_default();
        found.extend(keys.iter().take(KEYS_READ).filter_map(PublicKey::read));
    }
    found
}

/// The scopes that a client can put into a request; what else the server names, checks of their own judge.
fn requestable(scopes: &[String]) -> String {
    let can_be_sent = |scope: &&String| scope.bytes().all(is_scope_byte);
    scopes.iter().filter(can_be_sent).cloned().collect::<Vec<_>>().join(" ")
}

fn bug(error: &dyn std::error::Error) -> Stop {
    Stop::Bug { what: error.to_string() }
}

impl From<NoReply> for Stop {
    fn from(error: NoReply) -> Self {
        match error {
            NoReply::ForeignOrigin(_) => Self::Bug { what: error.to_string() },
            _ => Self::Inconclusive { because: error.to_string() },
        }
    }
}

impl From<ZoneError> for Stop {
    fn from(error: ZoneError) -> Self {
        Self::Inconclusive { because: error.to_string() }
    }
}

impl From<openssl::error::ErrorStack> for Stop {
    fn from(error: openssl::error::ErrorStack) -> Self {
        bug(&error)
    }
}

impl From<ForgeError> for Stop {
    fn from(error: ForgeError) -> Self {
        Self::Bug { what: error.to_string() }
    }
}
