//! The command line: flags and environment to a configuration, and the server's life from start to signal.

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, builder::FalseyValueParser};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    audit::{AuditSink, JsonLines},
    config::{ClientCredentials, Config, ConfigError, DEFAULT_PORT},
    ports::Ports,
    rules::TokenTypes,
    server,
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
    #[arg(long, env = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,

    /// The addresses to listen on [default: 127.0.0.1 and ::1]
    #[arg(long, env = "LISTEN", value_name = "ADDRESS", value_delimiter = ',')]
    listen: Vec<IpAddr>,

    /// The server's own client id at the zone
    #[arg(long, env = "KEYCARD_CLIENT_ID", value_name = "ID")]
    client_id: Option<String>,

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
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format_args!("error: could not start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {error}"));
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                say(format_args!("  because: {error}"));
                cause = error.source();
            }
            error.exit_code()
        }
    }
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
    #[error("cannot use the zone")]
    Zone(#[from] crate::keys::ZoneError),
    #[error("the server has ended")]
    Serve(#[source] io::Error),
}

impl RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoZone | Self::Config(_) | Self::HalfCredentials => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), RunError> {
    let mut config = configure(&arguments)?;
    let ports = Ports::system(open_audit(arguments.audit)?);
    let listeners = listen(&arguments.listen, arguments.port).await?;
    // The port that 0 became.
    if let Some(address) = listeners.first().and_then(|listener| listener.local_addr().ok()) {
        config.port = address.port();
    }
    let verifier = server::zone_verifier(&config, &ports)?;
    let app = server::app(&config, verifier, &ports);
    if config.origin().is_exposed() {
        tracing::warn!("{} is not https: tokens travel to it in the clear", config.origin().as_str());
    }
    say(format_args!("{} running on {}", config.resource_name, config.resource().identifier()));
    say(format_args!("Tokens from {}", config.zone_url()));
    server::serve(listeners, app, signal()).await.map_err(RunError::Serve)
}

/// A line for the person who started the server, if anybody is there to read it.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn configure(arguments: &Arguments) -> Result<Config, RunError> {
    // An empty variable in a .env file is a variable not set.
    let set = |value: &Option<String>| {
        let value = value.as_deref()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let mut config = match (set(&arguments.zone_url), set(&arguments.zone_id)) {
        (Some(zone_url), _) => Config::new(&zone_url)?,
        (None, Some(zone_id)) => Config::for_zone_id(&zone_id)?,
        (None, None) => return Err(RunError::NoZone),
    };
    if let Some(origin) = set(&arguments.server_url) {
        config = config.with_public_origin(&origin)?;
    }
    config.credentials = match (set(&arguments.client_id), set(&arguments.client_secret)) {
        (Some(client_id), Some(secret)) => Some(ClientCredentials::new(client_id, secret)),
        (None, None) => None,
        _ => return Err(RunError::HalfCredentials),
    };
    if arguments.accept_untyped_tokens {
        config.token_types = TokenTypes::AlsoUntyped;
    }
    config.port = arguments.port;
    for origin in &arguments.allowed_origins {
        config = config.with_allowed_origin(origin)?;
    }
    Ok(config)
}

fn open_audit(path: PathBuf) -> Result<Arc<dyn AuditSink>, RunError> {
    if path.as_os_str() == "-" {
        return Ok(Arc::new(JsonLines::stdout()));
    }
    match JsonLines::append(&path) {
        Ok(file) => Ok(Arc::new(file)),
        Err(source) => Err(RunError::Audit { path, source }),
    }
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
