//! The program: flags → configuration → serve → exit code. Only here are the system's clock and randomness, the
//! runtime and the signals constructed.

use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use clap::builder::NonEmptyStringValueParser;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::bind::{self, BindError};
use crate::{
    Config, Control, Issuer, IssuerError, LoginFlow, Ports, ResourceConfig, Secret, ServeError, SigningAlgorithm,
};

/// A mock Keycard zone: an OAuth authorization server on your own machine, for testing protected MCP servers.
///
/// It needs no configuration: it starts with two users (alice@example.com and bob@example.com, password `password`) and
/// the guide's two resources, and prints what to paste into the environment of the server under test.
///
/// It is for tests only: its users and passwords are printed when it starts, and it forgets everything when it stops.
#[derive(Debug, Parser)]
#[command(name = "mock-zone", version, after_long_help = EXIT_CODES)]
struct Arguments {
    /// The port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 9400)]
    port: u16,

    /// The issuer, where clients reach the zone under another name than http://localhost:PORT
    // Parsed later: clap would repeat a value that cannot be parsed, and this one may hold a password.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    /// An address to listen on instead of 127.0.0.1 and ::1 (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<IpAddr>,

    /// A host name to answer to besides loopback and the issuer's (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    allow_host: Vec<String>,

    /// Sign this user in without showing a page, for headless clients on this machine; whoever else asks sees the page
    #[arg(long, value_name = "EMAIL")]
    auto_sign_in: Option<String>,

    /// Let only invited addresses sign up (POST /_control/invitations), as a real zone does unless it is told otherwise
    #[arg(long)]
    requires_invitation: bool,

    /// Ask for the e-mail address on a page of its own, before the password
    #[arg(long)]
    identifier_first: bool,

    /// What /_control demands as a bearer token; required beyond loopback. Prefer the variable: arguments show in `ps`
    #[arg(
        long,
        value_name = "TOKEN",
        env = "MOCK_ZONE_CONTROL_TOKEN",
        hide_env_values = true,
        value_parser = parse_secret
    )]
    control_token: Option<Secret>,

    /// Serve no /_control
    #[arg(long)]
    no_control: bool,

    /// A protected resource to register besides the two of the guide (repeatable)
    #[arg(long, value_name = "IDENTIFIER", value_parser = parse_resource)]
    resource: Vec<String>,

    /// Make a key for this algorithm instead of RS256: RS256, PS256, ES256 or EdDSA; the first one signs (repeatable)
    #[arg(long, value_name = "ALG")]
    signing_alg: Vec<SigningAlgorithm>,

    /// What to log to standard error: error, warn, info, debug, or a filter of the tracing crate
    #[arg(long, value_name = "FILTER", default_value = "info", value_parser = parse_filter)]
    log: String,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  it was told to stop (Ctrl-C, or the signal to terminate)
  1  the machine refused: a port is in use, say
  2  the flags cannot be used as they are";

fn parse_secret(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() {
        return Err("the control token must not be empty");
    }
    Ok(Secret::new(text))
}

/// RFC 8707 section 2: an absolute URI without a fragment.
fn parse_resource(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(url) if url.fragment().is_some() => Err("a resource has no fragment, from # on (RFC 8707)".to_owned()),
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected the URL of the server, such as http://localhost:8080/mcp".to_owned()),
    }
}

fn parse_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Why the program ended with an error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("--issuer cannot be used")]
    Issuer(#[from] IssuerError),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("cannot listen for the signals to stop")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl Failure {
    /// 2: the flags or the configuration cannot be used; 1: the machine refused.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Issuer(_) | Self::Serve(ServeError::Unguarded { .. } | ServeError::Configuration(_)) => {
                ExitCode::from(2)
            }
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging(&arguments.log);
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            failure.exit_code()
        }
    }
}

fn start_logging(filter: &str) {
    // The filter was parsed once already; were it to fail now, the default is as good. A program that embeds this one
    // may have its own subscriber, which then stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter).unwrap_or_default())
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
}

fn report(failure: &Failure) {
    let mut text = format!("mock-zone: {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    // Nobody may be reading; the exit code says it too.
    let _ = writeln!(io::stderr(), "{text}");
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?
        .block_on(start(arguments))
}

async fn start(arguments: Arguments) -> Result<(), Failure> {
    let issuer = arguments.issuer.as_deref().map(Issuer::parse).transpose()?;
    let listeners = if arguments.bind.is_empty() {
        bind::loopback(arguments.port).await?
    } else {
        bind::each(&arguments.bind, arguments.port).await?
    };
    let addresses =
        listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>().map_err(ServeError::from)?;
    let issuer = match (issuer, addresses.first()) {
        (Some(issuer), _) => issuer,
        // Where the addresses were chosen one by one, `localhost` may name another than those.
        (None, Some(first)) if !arguments.bind.is_empty() && !first.ip().is_unspecified() => Issuer::of_address(*first),
        (None, first) => Issuer::localhost(first.map_or(arguments.port, SocketAddr::port)),
    };
    let config = configuration(arguments, issuer.clone());
    let screen = start_screen(&config, &issuer, &addresses);
    let stop = stop_signal().map_err(Failure::Signals)?;
    let server = crate::prepare(listeners, config, Ports::system())?;
    // The sockets listen already, so whoever reads this can connect at once. If nobody reads it, that is no reason
    // not to serve.
    let mut out = io::stdout();
    let _ = out.write_all(screen.as_bytes()).and_then(|()| out.flush());
    tracing::info!(%issuer, "mock zone started; it is for tests only");
    server.run(stop).await.map_err(ServeError::from)?;
    tracing::info!("mock zone stopped");
    Ok(())
}

fn configuration(arguments: Arguments, issuer: Issuer) -> Config {
    let mut config = Config {
        issuer: Some(issuer),
        allowed_hosts: arguments.allow_host,
        auto_sign_in: arguments.auto_sign_in,
        requires_invitation: arguments.requires_invitation,
        login_flow: if arguments.identifier_first { LoginFlow::IdentifierFirst } else { LoginFlow::Default },
        control: match (arguments.no_control, arguments.control_token) {
            (true, _) => Control::Absent,
            (false, Some(token)) => Control::Token(token),
            (false, None) => Control::Open,
        },
        ..Config::default()
    };
    if !arguments.signing_alg.is_empty() {
        config.signing_algorithms = arguments.signing_alg;
    }
    let more = arguments.resource.iter();
    config.resources.extend(more.map(|identifier| ResourceConfig::new(identifier)));
    config
}

/// What the user sees first. The first line is for scripts, and all of the first block for pasting.
fn start_screen(config: &Config, issuer: &Issuer, addresses: &[SocketAddr]) -> String {
    let users = config.users.iter().map(|user| format!("{} / {}", user.email, user.password.reveal()));
    let resources = config.resources.iter().map(|resource| resource.identifier.clone());
    let control = match config.control {
        Control::Absent => "none (--no-control)".to_owned(),
        Control::Open => format!("{issuer}/_control"),
        Control::Token(_) => format!("{issuer}/_control (with the control token)"),
    };
    let mut screen = format!(
        "KEYCARD_ZONE_URL={issuer}\nKEYCARD_URL={issuer}\n\n\
         This is a MOCK of a Keycard zone, for tests only. It forgets everything when it stops (Ctrl-C).\n\n"
    );
    let mut row = |name: &str, values: Vec<String>| {
        for (index, value) in values.into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            screen.push_str(&format!("{name:<15}{value}\n"));
        }
    };
    row("Users", users.collect());
    if let Some(email) = &config.auto_sign_in {
        row("Auto sign-in", vec![format!("{email} (for clients on this machine)")]);
    }
    row("Resources", resources.collect());
    row("Control plane", vec![control]);
    row("Listening on", vec![addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")]);
    screen
}

/// Resolves at Ctrl-C, or when the process is told to terminate.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    // Installed now, so that no signal that comes during the start is lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // If the signal cannot be listened for, the zone runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parsed(arguments: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["mock-zone"], arguments].concat()).unwrap()
    }

    #[test]
    fn the_flags_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_screen_begins_with_the_line_for_scripts_and_says_mock() {
        let issuer = Issuer::localhost(9400);
        let config = configuration(parsed(&["--resource", "http://localhost:1/mcp"]), issuer.clone());

        let screen = start_screen(&config, &issuer, &["127.0.0.1:9400".parse().unwrap()]);

        assert!(screen.starts_with("KEYCARD_ZONE_URL=http://localhost:9400\n"));
        for part in [
            "MOCK",
            "alice@example.com / password",
            "http://localhost:8080/mcp",
            "http://localhost:1/mcp",
            "http://localhost:9400/_control",
        ] {
            assert!(screen.contains(part), "{part} in {screen}");
        }
    }

    #[test]
    fn the_signing_algorithms_are_those_named_and_rs256_unless_some_are() {
        let algorithms =
            |arguments: &[&str]| configuration(parsed(arguments), Issuer::localhost(9400)).signing_algorithms;

        assert_eq!(algorithms(&[]), [SigningAlgorithm::Rs256]);
        let named = algorithms(&["--signing-alg", "EdDSA", "--signing-alg", "RS256"]);
        assert_eq!(named, [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256]);
        let refused = Arguments::try_parse_from(["mock-zone", "--signing-alg", "HS256"]).unwrap_err().to_string();
        assert!(refused.contains("RS256, PS256, ES256 or EdDSA"), "{refused}");
    }

    #[test]
    fn the_control_token_is_never_shown() {
        let issuer = Issuer::localhost(9400);
        let arguments = parsed(&["--control-token", "s3cret"]);
        assert!(!format!("{arguments:?}").contains("s3cret"));

        let config = configuration(arguments, issuer.clone());
        let screen = start_screen(&config, &issuer, &[]);

        assert!(!screen.contains("s3cret"), "{screen}");
    }
}
