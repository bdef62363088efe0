//! The command line: flags and environment to a configuration, and the server's life from start to signal.

use std::{
    io::{self, IsTerminal as _, Write},
    net::{AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr},
    num::ParseIntError,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, mpsc},
    time::Duration,
};

use clap::{Parser, builder::FalseyValueParser};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    audit::{AuditRecord, AuditSink, JsonLines},
    config::{ClientCredentials, Config, ConfigError, DEFAULT_PORT},
    ports::Ports,
    rules::TokenTypes,
    server,
    tools::Tools,
};

/// A protected MCP server: every tool call is tied to a verified user, limited by scopes, and recorded.
#[derive(Debug, Parser)]
#[command(name = "reference-server", version)]
struct Arguments {
    /// The zone's URL, exactly as it stands in its tokens as issuer; wins over the id
    #[arg(long, env = "KEYCARD_ZONE_URL", value_name = "URL")]
    zone_url: Option<String>,

    /// The zone's id, for https://<ID>.keycard.cloud
    #[arg(long, env = "KEYCARD_ZONE_ID", value_name = "ID")]
    zone_id: Option<String>,

    /// The public origin; the resource is this plus /mcp [default: http://localhost:PORT]
    #[arg(long, env = "MCP_SERVER_URL", value_name = "URL")]
    server_url: Option<String>,

    /// The port to listen on; 0 takes any free one
    #[arg(long, env = "PORT", default_value_t = DEFAULT_PORT, value_parser = port)]
    port: u16,

    /// The addresses to listen on [default: 127.0.0.1 and ::1]
    #[arg(long, env = "LISTEN", value_name = "ADDRESS", value_delimiter = ',', value_parser = address)]
    listen: Vec<Option<IpAddr>>,

    /// The server's own client id at the zone; its secret is read from KEYCARD_CLIENT_SECRET, and only from there
    #[arg(long, env = "KEYCARD_CLIENT_ID", value_name = "ID")]
    client_id: Option<String>,

    /// An API that the tool fetch_upstream calls on its callers' behalf; needs the credentials
    #[arg(long, env = "UPSTREAM_URL", value_name = "URL")]
    upstream_url: Option<String>,

    // Only from the environment: an argument is visible in `ps`.
    #[arg(skip)]
    client_secret: Option<String>,

    /// Where the audit trail goes: a file to append to, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    audit: PathBuf,

    /// Also accept tokens that are typed JWT or not typed at all, from a zone that does not type them at+jwt
    #[arg(long, env = "ACCEPT_UNTYPED_TOKENS", value_parser = FalseyValueParser::new())]
    accept_untyped_tokens: bool,

    /// An origin whose pages may call the server from a browser; may be repeated
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
}

/// How long the end of the program waits for the last records.
const TRAIL_GRACE: Duration = Duration::from_secs(5);

/// Runs the program.
///
/// Exit codes: 0 after a signal, 1 when the server could not run, 2 for a wrong setting.
pub fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    arguments.client_secret = std::env::var("KEYCARD_CLIENT_SECRET").ok();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Standard output is the audit trail's.
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format_args!("error: could not start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let (unwritten, written) = mpsc::channel();
    let ended = runtime.block_on(run(arguments, unwritten));
    // What is still in progress ends here, and leaves its records.
    drop(runtime);
    if written.recv_timeout(TRAIL_GRACE) == Err(mpsc::RecvTimeoutError::Timeout) {
        say(format_args!("error: the audit trail took too long; records of calls that nobody waited for are lost"));
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {error}"));
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                say(format_args!("  because: {error}"));
                cause = error.source();
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// A port; empty is not set, as for all variables (see [`set`]).
fn port(text: &str) -> Result<u16, ParseIntError> {
    set(text).map_or(Ok(DEFAULT_PORT), str::parse)
}

/// An address, if any.
fn address(text: &str) -> Result<Option<IpAddr>, AddrParseError> {
    set(text).map(str::parse).transpose()
}

/// The text of a variable, if it has one: an empty variable in a .env file is a variable not set.
fn set(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(
        "no zone is configured: set KEYCARD_ZONE_URL (or KEYCARD_ZONE_ID), as in KEYCARD_ZONE_URL=http://localhost:9400"
    )]
    NoZone,
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("KEYCARD_CLIENT_ID and KEYCARD_CLIENT_SECRET belong together: only one of them is set")]
    HalfCredentials,
    #[error("cannot write the audit trail to {}", path.display())]
    Audit {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot listen on port {port} of {address}; is another server running there? PORT chooses another one")]
    Listen {
        address: IpAddr,
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("cannot use the upstream API")]
    Upstream(#[source] reqwest::Error),
    #[error("cannot use the zone")]
    Zone(#[from] crate::keys::ZoneError),
    #[error("the server has ended")]
    Serve(#[source] io::Error),
}

impl RunError {
    /// 2 where a setting is wrong, 1 where the machine is not as the settings say.
    fn exit_code(&self) -> u8 {
        match self {
            Self::NoZone | Self::Config(_) | Self::HalfCredentials => 2,
            Self::Audit { .. } | Self::Listen { .. } | Self::Upstream(_) | Self::Zone(_) | Self::Serve(_) => 1,
        }
    }
}

async fn run(arguments: Arguments, unwritten: Unwritten) -> Result<(), RunError> {
    let mut config = configure(&arguments)?;
    let ports = Ports::system(open_audit(arguments.audit, unwritten)?);
    let addresses: Vec<_> = arguments.listen.iter().copied().flatten().collect();
    let listeners = listen(&addresses, arguments.port).await?;
    // The port that 0 became.
    if let Some(address) = listeners.first().and_then(|listener| listener.local_addr().ok()) {
        config.port = address.port();
    }
    let verifier = server::zone_verifier(&config, &ports)?;
    let tools = Tools::of(&config).map_err(RunError::Upstream)?;
    let app = server::app(&config, tools, verifier, &ports);
    for warning in warnings(&config) {
        tracing::warn!("{warning}");
    }
    say(format_args!("{} running on {}", config.resource_name, config.resource().identifier()));
    say(format_args!("Tokens from {}", config.zone_url()));
    server::serve(listeners, app, signal()).await.map_err(RunError::Serve)
}

/// What is not wrong and still not right.
fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if config.origin().is_exposed() {
        warnings.push(format!("{} is not https: tokens travel to it in the clear", config.origin().as_str()));
    }
    if config.zone_url().ends_with('/') {
        // Compared letter by letter, so every token would be refused if the zone does not write the slash too.
        warnings.push(
            "the zone's URL ends with a slash; issuers of Keycard zones do not, and tokens must name it exactly"
                .to_owned(),
        );
    }
    if let Some(upstream) = &config.upstream {
        let url = upstream.as_str();
        if config.credentials.is_none() {
            warnings.push(format!(
                "no token can be had for {url} without KEYCARD_CLIENT_ID and KEYCARD_CLIENT_SECRET: no tool calls it"
            ));
        }
        if upstream.is_exposed() {
            warnings.push(format!("{url} is not https: tokens travel to it in the clear"));
        }
    }
    if config.is_zone_exposed() {
        let zone = config.zone_url();
        warnings.push(format!("{zone} is not https: who can change its keys on their way here can sign any token"));
    }
    warnings
}

/// A line for the person who started the server, if anybody is there to read it.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn configure(arguments: &Arguments) -> Result<Config, RunError> {
    let given = |value: &Option<String>| value.as_deref().and_then(set).map(str::to_owned);
    let mut config = match (given(&arguments.zone_url), given(&arguments.zone_id)) {
        (Some(zone_url), _) => Config::new(&zone_url)?,
        (None, Some(zone_id)) => Config::for_zone_id(&zone_id)?,
        (None, None) => return Err(RunError::NoZone),
    };
    if let Some(origin) = given(&arguments.server_url) {
        config = config.with_public_origin(&origin)?;
    }
    config.credentials = match (given(&arguments.client_id), given(&arguments.client_secret)) {
        (Some(client_id), Some(secret)) => Some(ClientCredentials::new(client_id, secret)),
        (None, None) => None,
        _ => return Err(RunError::HalfCredentials),
    };
    if let Some(url) = given(&arguments.upstream_url) {
        config = config.with_upstream(&url)?;
    }
    if arguments.accept_untyped_tokens {
        config.token_types = TokenTypes::AlsoUntyped;
    }
    config.port = arguments.port;
    for origin in &arguments.allowed_origins {
        config = config.with_allowed_origin(origin)?;
    }
    Ok(config)
}

/// Sends nothing: that it is gone says that the trail is written.
type Unwritten = mpsc::Sender<std::convert::Infallible>;

/// The trail of this program, whose end somebody waits for.
struct Trail {
    lines: JsonLines,
    _unwritten: Unwritten,
}

impl AuditSink for Trail {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        self.lines.record(record)
    }
}

fn open_audit(path: PathBuf, unwritten: Unwritten) -> Result<Arc<dyn AuditSink>, RunError> {
    let lines = if path.as_os_str() == "-" {
        JsonLines::stdout()
    } else {
        JsonLines::append(&path).map_err(|source| RunError::Audit { path, source })?
    };
    Ok(Arc::new(Trail { lines, _unwritten: unwritten }))
}

/// Listens on the addresses given, or on both of loopback's, since `localhost` is either; all on one port.
async fn listen(addresses: &[IpAddr], port: u16) -> Result<Vec<TcpListener>, RunError> {
    let failed = |address, port| move |source| RunError::Listen { address, port, source };
    if !addresses.is_empty() {
        let mut listeners: Vec<TcpListener> = Vec::new();
        for &address in addresses {
            // All take the port that the first one got.
            let port = match listeners.first() {
                Some(first) => first.local_addr().map_err(failed(address, port))?.port(),
                None => port,
            };
            listeners.push(TcpListener::bind((address, port)).await.map_err(failed(address, port))?);
        }
        return Ok(listeners);
    }
    let v4 = IpAddr::from(Ipv4Addr::LOCALHOST);
    let v6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    // Of a free port on one, the other may be taken: then take the next one.
    for _ in 0..16 {
        let first = TcpListener::bind((v4, port)).await.map_err(failed(v4, port))?;
        let found = first.local_addr().map_err(failed(v4, port))?.port();
        match TcpListener::bind((v6, found)).await {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                tracing::info!(%error, "no IPv6 loopback here");
                return Ok(vec![first]);
            }
            Err(source) if port != 0 => return Err(failed(v6, port)(source)),
            Err(_) => {}
        }
    }
    Err(failed(v6, port)(io::ErrorKind::AddrInUse.into()))
}

/// Ctrl-C or SIGTERM.
async fn signal() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    const ZONE: &str = "http://localhost:9400";

    /// As if nothing were set, whatever the environment of the tests says.
    fn nothing() -> Arguments {
        Arguments {
            zone_url: None,
            zone_id: None,
            server_url: None,
            port: DEFAULT_PORT,
            listen: Vec::new(),
            client_id: None,
            client_secret: None,
            upstream_url: None,
            audit: PathBuf::from("-"),
            accept_untyped_tokens: false,
            allowed_origins: Vec::new(),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "every setting is optional")]
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_zones_url_wins_over_its_id() {
        let both = configure(&Arguments { zone_url: some(ZONE), zone_id: some("abc123"), ..nothing() }).unwrap();
        assert_eq!(both.zone_url(), ZONE);
        let id = configure(&Arguments { zone_url: some(" "), zone_id: some("abc123"), ..nothing() }).unwrap();
        assert_eq!(id.zone_url(), "https://abc123.keycard.cloud");
    }

    #[test]
    fn what_is_set_arrives_in_the_configuration() {
        let config = configure(&Arguments {
            zone_url: some(ZONE),
            server_url: some("https://mcp.example.com/"),
            port: 0,
            client_id: some("id"),
            client_secret: some(" hidden\n"),
            upstream_url: some("http://localhost:9500/"),
            accept_untyped_tokens: true,
            allowed_origins: vec!["https://App.example.com".to_owned()],
            ..nothing()
        })
        .unwrap();
        assert_eq!(config.resource().identifier(), "https://mcp.example.com/mcp");
        assert_eq!(config.port, 0);
        assert_eq!(config.credentials.unwrap().secret(), "hidden");
        assert_eq!(config.upstream.unwrap().as_str(), "http://localhost:9500/");
        assert_eq!(config.token_types, TokenTypes::AlsoUntyped);
        assert_eq!(config.allowed_origins[0].as_str(), "https://app.example.com");
    }

    #[test]
    fn a_wrong_setting_is_exit_code_2_and_a_machine_that_is_not_ready_is_1() {
        let zone = || Arguments { zone_url: some(ZONE), ..nothing() };
        for arguments in [
            nothing(),
            Arguments { zone_url: some(""), zone_id: some(""), ..nothing() },
            Arguments { zone_url: some("localhost:9400"), ..nothing() },
            Arguments { zone_id: some("a.b"), ..nothing() },
            Arguments { server_url: some("https://h/mcp"), ..zone() },
            Arguments { allowed_origins: vec!["*".to_owned()], ..zone() },
            Arguments { client_id: some("id"), ..zone() },
            Arguments { upstream_url: some("localhost:9500"), ..zone() },
            Arguments { client_secret: some("hidden"), ..zone() },
            Arguments { client_id: some("id"), client_secret: some(""), ..zone() },
        ] {
            assert_eq!(configure(&arguments).unwrap_err().exit_code(), 2, "{arguments:?}");
        }
        let source = || io::Error::from(io::ErrorKind::AddrInUse);
        let address = Ipv4Addr::LOCALHOST.into();
        assert_eq!(RunError::Listen { address, port: 8080, source: source() }.exit_code(), 1);
        assert_eq!(RunError::Audit { path: PathBuf::from("a"), source: source() }.exit_code(), 1);
        assert_eq!(RunError::Serve(source()).exit_code(), 1);
    }

    #[test]
    fn a_variable_that_is_empty_is_not_set() {
        assert_eq!((port(""), port(" 9000 ")), (Ok(DEFAULT_PORT), Ok(9000)));
        assert!(port("http").is_err() && port("65536").is_err());
        assert_eq!(address(""), Ok(None));
        assert_eq!(address(" ::1"), Ok(Some(Ipv6Addr::LOCALHOST.into())));
        assert!(address("localhost").is_err());
        // The same through the parser, which splits a list at its commas.
        let parsed = Arguments::try_parse_from(["reference-server", "--port", "", "--listen", ""]).unwrap();
        assert_eq!((parsed.port, parsed.listen), (DEFAULT_PORT, vec![None]));
        let parsed = Arguments::try_parse_from(["reference-server", "--listen", "127.0.0.1, ::1"]).unwrap();
        assert_eq!(parsed.listen.iter().flatten().count(), 2);
    }

    #[test]
    fn what_is_not_wrong_and_not_right_is_warned_of() {
        let zone = |url: &str| configure(&Arguments { zone_url: some(url), ..nothing() }).unwrap();
        assert_eq!(warnings(&zone(ZONE)), [""; 0]);
        assert_eq!(warnings(&zone("http://zone.localhost:9400")), [""; 0]);
        assert_eq!(warnings(&zone("https://zone.example")), [""; 0]);
        assert!(warnings(&zone("http://localhost:9400/"))[0].starts_with("the zone's URL ends with a slash"));
        assert!(warnings(&zone("http://zone.example"))[0].starts_with("http://zone.example is not https"));
        let public = zone("http://10.0.0.7:9400").with_public_origin("http://10.0.0.8").unwrap();
        assert_eq!(warnings(&public).len(), 2);
    }

    #[test]
    fn the_end_of_the_trail_is_noticed() {
        let (unwritten, written) = mpsc::channel();
        let trail = open_audit(PathBuf::from("-"), unwritten).unwrap();
        assert_eq!(written.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(trail);
        assert_eq!(written.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }

    #[test]
    fn the_help_names_each_variable() {
        let help = Arguments::command().render_long_help().to_string();
        for name in [
            "KEYCARD_ZONE_URL",
            "KEYCARD_ZONE_ID",
            "MCP_SERVER_URL",
            "PORT",
            "LISTEN",
            "KEYCARD_CLIENT_ID",
            "KEYCARD_CLIENT_SECRET",
            "ACCEPT_UNTYPED_TOKENS",
        ] {
            assert!(help.contains(name), "{name}");
        }
    }
}
