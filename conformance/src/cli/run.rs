//! `conformance run`: a URL alone, with a zone of ours, or with a command that starts the server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use clap::Args;
use mock_zone::{Config, MockZone};
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::access::Access;
use super::config::Configuration;
use super::interruptions::Interruptions;
use super::session::{RunOptions, Subject, shell_quoted};
use super::{fail, say};
use crate::checks::inputs::names_a_secret;
use crate::discovery::is_loopback;
use crate::exit_status::ExitStatus;
use crate::given::Given;
use crate::launch::Launched;
use crate::scene::{Scene, Scenes, SecureZone, Started, Zones};
use crate::secrets::Secrets;
use crate::upstream::Upstream;
use crate::zone::{Zone, ZoneError};

const LAUNCH_TIMEOUT_SECONDS: u64 = 60;

/// Tests a server.
#[derive(Debug, Args)]
#[command(after_help = "\
Access decides how much can be tested: --url alone sees what anybody sees; one valid token, by an option or in the
variable CONFORMANCE_TOKEN, shows what becomes of copies of it that are changed; --zone or --launch lets the suite
mint any token. Give one of these. The launched command runs under `sh -c` with KEYCARD_ZONE_URL, MCP_SERVER_URL,
PORT, KEYCARD_CLIENT_ID, KEYCARD_CLIENT_SECRET and UPSTREAM_URL set.
A control token for a zone beyond loopback is read from MOCK_ZONE_CONTROL_TOKEN.

Every option can stand in conformance.toml, which is read from this directory or from --config FILE; the command line comes first.

Reports: --report FORMAT[=FILE], several times if wanted, one of them to standard output at most.
  terminal  for people, the default
  json      everything, the exchanges included; a versioned schema
  junit     for what shows test results: a suite for each area, a case for each check and revision
  sarif     for code scanning: a result for each finding, SARIF 2.1.0
  markdown  for the summary of a CI job
  html      one page with everything, which needs no network
  github    workflow commands, which a GitHub job shows as annotations

Exit codes: 0 tested, and no failure (a warning is one with --strict alone); 1 findings; 2 usage or configuration; 3 could not test; 130 interrupted.")]
pub(super) struct Run {
    /// Read options, and what tools do, from this file [default: conformance.toml, if there is one]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Read no such file
    #[arg(long)]
    no_config: bool,
    /// The server's MCP endpoint; with --launch, port 0 picks a free port
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    url: Url,
    /// A mock zone that the server trusts
    #[arg(long, value_name = "URL", value_parser = zone_url, conflicts_with = "launch")]
    zone: Option<Url>,
    /// A command that starts the server; a zone is started for it, and both are stopped
    #[arg(long, value_name = "COMMAND", value_parser = command)]
    launch: Option<String>,
    /// A variable for the command, with {zone}, {url}, {origin}, {port}, {client_id}, {client_secret} and {upstream} filled in (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, requires = "launch")]
    env: Vec<(String, String)>,
    /// Seconds that the command may take to answer
    #[arg(long, value_name = "SECONDS", default_value_t = LAUNCH_TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=600))]
    launch_timeout: u64,
    #[command(flatten)]
    access: Access,
    #[command(flatten)]
    options: RunOptions,
    /// Whether the variables are those of the configuration.
    #[arg(skip)]
    env_is_configured: bool,
}

impl Run {
    /// Takes what only a configuration file can say.
    pub(super) fn take(&mut self, configuration: Configuration) {
        self.env_is_configured = configuration.sets("env");
        self.options.take(configuration);
    }

    pub(super) async fn execute(&self) -> ExitStatus {
        if let Err(message) = self.options.check().and_then(|()| self.access.check(self.mints())) {
            return fail(ExitStatus::Usage, message);
        }
        // clap asks for --launch itself, unless there is an option that excludes it.
        if self.launch.is_none() && !self.env.is_empty() {
            return fail(ExitStatus::Usage, "--env is for --launch: a server that runs already has its variables");
        }
        if self.launch.is_none() && self.launch_timeout != LAUNCH_TIMEOUT_SECONDS {
            return fail(ExitStatus::Usage, "--launch-timeout is for --launch");
        }
        if self.launch.is_none() && self.url.port() == Some(0) {
            return fail(
                ExitStatus::Usage,
                "port 0 picks a free port for --launch; without it, --url must name the server's port",
            );
        }
        let mut interruptions = Interruptions::listen();
        let given = tokio::select! {
            given = self.access.given(&self.url, self.options.declared_scopes(), self.mints()) => given,
            () = interruptions.next() => return self.options.interrupted_early(&self.url, &self.rerun()),
        };
        match (&self.launch, given) {
            (_, Err((status, why))) => fail(status, why),
            (Some(command), Ok(_)) => self.launched(command, &mut interruptions).await,
            (None, Ok(given)) => self.running(given, &mut interruptions).await,
        }
    }

    /// The option that lets the suite mint its tokens.
    fn mints(&self) -> Option<&'static str> {
        if self.launch.is_some() { Some("--launch") } else { self.zone.as_ref().map(|_| "--zone") }
    }

    /// The options that reproduce a run against a server that runs already, without those of its zone.
    fn rerun(&self) -> String {
        format!("run{} --url {}{}", self.config_words(), shell_quoted(self.url.as_str()), self.access.rerun())
    }

    /// Which configuration is read; the one in this directory is read without being named.
    fn config_words(&self) -> String {
        let named = self.config.as_ref().map(|path| format!(" --config {}", shell_quoted(&path.display().to_string())));
        named.or_else(|| self.no_config.then(|| " --no-config".to_owned())).unwrap_or_default()
    }

    async fn running(&self, given: Option<Given>, interruptions: &mut Interruptions) -> ExitStatus {
        let mut rerun = self.rerun();
        let mut found = (None, Vec::new());
        if let Some(url) = &self.zone {
            rerun.push_str(&format!(" --zone {}", shell_quoted(url.as_str().trim_end_matches('/'))));
            let connected = tokio::select! {
                connected = self.connect(url) => connected,
                () = interruptions.next() => return self.options.interrupted_early(&self.url, &rerun),
            };
            match connected {
                Ok(connected) => found = connected,
                Err(error) => return fail(ExitStatus::CouldNotTest, format!("--zone: {error}")),
            }
        }
        let (zone, notes) = found;
        let full_access = self.zone.is_some();
        let subject = Subject {
            url: self.url.clone(),
            zone,
            given,
            full_access,
            rerun,
            scenes: None,
            server: None,
            secrets: Vec::new(),
            upstream: None,
            upstream_tool: None,
            is_users: true,
            server_audit: None,
            notes,
        };
        self.options.execute(subject, interruptions).await
    }

    /// The zone at `url`, which is to know the server; none where something else answers there, and a note of it.
    async fn connect(&self, url: &Url) -> Result<(Option<Zone>, Vec<String>), ZoneError> {
        match Zone::connect(url, std::env::var("MOCK_ZONE_CONTROL_TOKEN").ok()).await {
            Ok(zone) => {
                zone.register_resource(self.url.as_str()).await?;
                Ok((Some(zone), Vec::new()))
            }
            // What can be tested without control is; the promise of full access stands, and is judged at the end.
            Err(error @ ZoneError::NotOurs { .. }) => {
                Ok((None, vec![format!("--zone: {error}; what needs control of a zone is not tested")]))
            }
            Err(error) => Err(error),
        }
    }

    async fn launched(&self, command: &str, interruptions: &mut Interruptions) -> ExitStatus {
        let mut url = self.url.clone();
        if url.port() == Some(0) {
            match free_port() {
                Ok(port) => drop(url.set_port(Some(port))),
                Err(error) => return fail(ExitStatus::CouldNotTest, format!("no free port: {error}")),
            }
        }
        let started = MockZone::start(Config::default()).await.map_err(|e| StageError::Start(e.to_string()));
        let set = async { Stage::set(started?, &url).await };
        let stage = match set.await {
            Ok(stage) => stage,
            Err(error) => return fail(ExitStatus::CouldNotTest, format!("the zone for --launch: {error}")),
        };
        let env = stage.environment(&url, &self.env);
        let within = Duration::from_secs(self.launch_timeout);
        // The end of its output is shown, and a program may print its environment when it fails.
        let secrets = Secrets::default();
        let own: Vec<_> = stage.secrets().into_iter().chain(self.secret_variables()).collect();
        for (secret, name) in &own {
            secrets.add(secret, name);
        }
        let rerun = format!(
            "run{} --launch {} --url {}{}",
            self.config_words(),
            shell_quoted(command),
            shell_quoted(self.url.as_str()),
            self.env_words()
        );
        let started = tokio::select! {
            started = self.options.waiting("the command to answer", within, Launched::start(command, &env, &url, within)) => started,
            () = interruptions.next() => return self.options.interrupted_early(&url, &rerun),
        };
        let running = match started {
            Ok(running) => running,
            Err(error @ crate::launch::LaunchError::PortInUse { .. }) => return fail(ExitStatus::Usage, error),
            Err(error) => return fail(ExitStatus::CouldNotTest, secrets.mask(&error.to_string())),
        };
        let server = Relaunchable { running, command: command.to_owned(), url: url.clone(), env, within };
        let server = Arc::new(Mutex::new(server));
        let subject = Subject {
            url,
            zone: Some(stage.zone.clone()),
            given: None,
            full_access: true,
            rerun,
            scenes: Some(Arc::new(Relaunch {
                command: command.to_owned(),
                url: self.url.clone(),
                env: self.env.clone(),
                within,
                zones: Zones::default(),
                turns: Semaphore::new(STARTED_AT_ONCE),
            })),
            server: Some(Arc::<Mutex<Relaunchable>>::clone(&server)),
            secrets: own,
            upstream: Some(Arc::clone(&stage.upstream)),
            upstream_tool: None,
            is_users: true,
            server_audit: None,
            notes: Vec::new(),
        };
        let status = self.options.execute(subject, interruptions).await;
        let running = &mut server.lock().await.running;
        if let Some(ended) = running.ended() {
            let tail = secrets.mask(&running.tail());
            say(format_args!("note: the launched command ended during the run with {ended}{tail}"));
        }
        running.stop().await;
        status
    }

    /// The variables, as long as no configuration says them and none is secret: who runs it again has to fill those in.
    fn env_words(&self) -> String {
        let said = self.env.iter().filter(|_| !self.env_is_configured);
        said.map(|(name, value)| {
            let shown = if is_secret(name, value) { "…" } else { value };
            format!(" --env {}", shell_quoted(&format!("{name}={shown}")))
        })
        .collect()
    }

    fn secret_variables(&self) -> impl Iterator<Item = (String, String)> {
        let secret = self.env.iter().filter(|(name, value)| is_secret(name, value));
        secret.map(|(name, value)| (value.clone(), format!("value of {name}")))
    }
}

/// Whether a variable looks like one that is secret: by its name, or as a URL with a password in it.
fn is_secret(name: &str, value: &str) -> bool {
    let is_filled_in = value.starts_with('{') && value.ends_with('}');
    let has_password = Url::parse(value).is_ok_and(|url| url.password().is_some());
    !is_filled_in && (has_password || names_a_secret(name) || name.to_ascii_lowercase().ends_with("key"))
}

/// A command that ends this soon may have found its port taken; one that only did not answer is not started again.
const GAVE_UP_WITHIN: Duration = Duration::from_secs(5);

/// How often a server that was stopped is started anew before it counts as one that does not start.
const STARTS: usize = 3;

/// How many starts go on at once: each costs what a start costs, and a machine that is busy with them is late for all.
const STARTED_AT_ONCE: usize = 2;

/// Starts the command once more, on another port and with another zone.
#[derive(Debug)]
struct Relaunch {
    command: String,
    url: Url,
    env: Vec<(String, String)>,
    within: Duration,
    zones: Zones,
    /// Closed when a start has failed: the others would fail too.
    turns: Semaphore,
}

#[async_trait]
impl Scenes for Relaunch {
    async fn another(&self) -> Option<Scene> {
        let _turn = self.turns.acquire().await.ok()?;
        let begun = Instant::now();
        let mut scene = self.start().await;
        if scene.is_none() && begun.elapsed() < GAVE_UP_WITHIN {
            // Another port, should somebody have been quicker with that one.
            scene = self.start().await;
        }
        if scene.is_none() {
            self.turns.close();
        }
        scene
    }

    async fn another_at(&self, zone: &SecureZone) -> Option<Scene> {
        let _turn = self.turns.acquire().await.ok()?;
        let url = self.elsewhere()?;
        let stage = Stage::around(zone.control.clone(), None, &url).await.ok()?;
        let own: Vec<_> = zone.variables().into_iter().chain(self.env.iter().cloned()).collect();
        let env = stage.environment(&url, &own);
        tokio::select! {
            scene = self.launch(stage, url, env) => scene,
            () = gives_up(zone) => None,
        }
    }

    fn tells_authorities(&self) -> bool {
        true
    }
}

/// How long a server may go on starting that did not like its zone's certificate: it may be waiting for what it will not
/// get.
const WITHOUT_ITS_ZONE: Duration = Duration::from_secs(10);

/// Waits until the server has turned away from its zone and has not started for all that.
async fn gives_up(zone: &SecureZone) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    while zone.front.seen().refused == 0 {
        ticks.tick().await;
    }
    tokio::time::sleep(WITHOUT_ITS_ZONE).await;
}

impl Relaunch {
    async fn start(&self) -> Option<Scene> {
        let url = self.elsewhere()?;
        let stage = Stage::set(self.zones.start().await?, &url).await.ok()?;
        let env = stage.environment(&url, &self.env);
        self.launch(stage, url, env).await
    }

    /// The endpoint on another port.
    fn elsewhere(&self) -> Option<Url> {
        let mut url = self.url.clone();
        url.set_port(Some(free_port().ok()?)).ok()?;
        Some(url)
    }

    async fn launch(&self, stage: Stage, url: Url, env: Vec<(String, String)>) -> Option<Scene> {
        let running = Launched::start(&self.command, &env, &url, self.within).await.ok()?;
        let server =
            Relaunchable { running, command: self.command.clone(), url: url.clone(), env, within: self.within };
        let secrets = stage.secrets();
        Some(Scene {
            url,
            zone: stage.zone.clone(),
            server: Arc::new(Mutex::new(server)),
            upstream: Some(Arc::clone(&stage.upstream)),
            secrets,
            keep: Box::new(stage),
        })
    }
}

/// A command that runs, and how it was started.
#[derive(Debug)]
struct Relaunchable {
    running: Launched,
    command: String,
    url: Url,
    env: Vec<(String, String)>,
    within: Duration,
}

#[async_trait]
impl Started for Relaunchable {
    async fn restart(&mut self) -> bool {
        self.running.stop().await;
        // Any connection of this machine may have taken the port meanwhile, for as long as it lasts.
        let begun = Instant::now();
        for _ in 0..STARTS {
            if begun.elapsed() > GAVE_UP_WITHIN {
                break;
            }
            if let Ok(running) = Launched::start(&self.command, &self.env, &self.url, self.within).await {
                self.running = running;
                return true;
            }
        }
        false
    }

    async fn stop(&mut self) {
        self.running.stop().await;
    }
}

/// What stands around a launched server: its zone, its credentials, an API for it to call.
#[derive(Debug)]
struct Stage {
    /// Held so that it lives as long as the run, where nobody else holds it.
    _embedded: Option<MockZone>,
    zone: Zone,
    client_id: String,
    client_secret: String,
    upstream: Arc<Upstream>,
}

impl Stage {
    async fn set(embedded: MockZone, url: &Url) -> Result<Self, StageError> {
        let base = Url::parse(embedded.url()).map_err(|e| StageError::Start(e.to_string()))?;
        let zone = Zone::connect(&base, None).await?;
        Self::around(zone, Some(embedded), url).await
    }

    /// What stands around a server of this zone.
    async fn around(zone: Zone, embedded: Option<MockZone>, url: &Url) -> Result<Self, StageError> {
        zone.register_resource(url.as_str()).await?;
        let upstream = Upstream::start().await.map_err(|e| StageError::Start(e.to_string()))?;
        zone.register_resource(upstream.url()).await?;
        let (client_id, client_secret) = zone.create_client("server under test", &[upstream.url()]).await?;
        zone.let_provide(&client_id, url.as_str()).await?;
        Ok(Self { _embedded: embedded, zone, client_id, client_secret, upstream: Arc::new(upstream) })
    }

    fn secrets(&self) -> Vec<(String, String)> {
        vec![(self.client_secret.clone(), "client secret".to_owned())]
    }

    /// The variables that the design promises to a launched command, and the user's own.
    fn environment(&self, url: &Url, own: &[(String, String)]) -> Vec<(String, String)> {
        let port = url.port_or_known_default().unwrap_or_default().to_string();
        let values = [
            ("zone", "KEYCARD_ZONE_URL", self.zone.issuer().to_owned()),
            ("origin", "MCP_SERVER_URL", url.origin().ascii_serialization()),
            ("port", "PORT", port),
            ("client_id", "KEYCARD_CLIENT_ID", self.client_id.clone()),
            ("client_secret", "KEYCARD_CLIENT_SECRET", self.client_secret.clone()),
            ("upstream", "UPSTREAM_URL", self.upstream.url().to_owned()),
        ];
        let fill = |text: &str| {
            let with_url = text.replace("{url}", url.as_str());
            values.iter().fold(with_url, |text, (name, _, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let own: Vec<_> = own.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
        values.iter().map(|(_, name, value)| ((*name).to_owned(), value.clone())).chain(own).collect()
    }
}

#[derive(Debug, thiserror::Error)]
enum StageError {
    #[error("{0}")]
    Start(String),
    #[error(transparent)]
    Zone(#[from] ZoneError),
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("{e}; expected a URL such as http://localhost:8080/mcp"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("expected http or https, as in http://localhost:8080/mcp".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("credentials in a URL are visible in `ps`; leave them out".to_owned());
    }
    if url.fragment().is_some() {
        return Err("a fragment, from # on, is never sent; leave it out".to_owned());
    }
    Ok(url)
}

fn zone_url(text: &str) -> Result<Url, String> {
    let url = endpoint(text).map_err(|why| why.replace("localhost:8080/mcp", "localhost:9400"))?;
    if url.scheme() == "http" && !is_loopback(&url) && std::env::var_os("MOCK_ZONE_CONTROL_TOKEN").is_none() {
        return Err("a zone beyond loopback wants its control token in MOCK_ZONE_CONTROL_TOKEN".to_owned());
    }
    Ok(url)
}

/// What `--env` fills in, each in braces.
const PLACEHOLDERS: [&str; 7] = ["zone", "url", "origin", "port", "client_id", "client_secret", "upstream"];

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("expected NAME=VALUE, such as API_BASE={upstream}")?;
    // A word in braces is meant to be filled in; anything else in braces is the user's own (JSON, say).
    let words = value.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(word, _)| word));
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match words.filter(is_word).find(|word| !PLACEHOLDERS.contains(word)) {
        Some(unknown) => {
            Err(format!("{{{unknown}}} is nothing that can be filled in; there are {{{}}}", PLACEHOLDERS.join("}, {")))
        }
        None => Ok((name.to_owned(), value.to_owned())),
    }
}

fn command(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("expected a command, such as \"npx tsx server.ts\"") } else { Ok(text.to_owned()) }
}
