//! The options that give a run one valid token, where it controls no zone.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use clap::Args;
use tokio::sync::Mutex;
use url::Url;

use super::session::shell_quoted;
use crate::exit_status::ExitStatus;
use crate::given::{self, Command, File, Given, Variable, token_in};
use crate::login::{Guide, Known, Login, SECRET_VARIABLE, browser};
use crate::text::printable;

const LOGIN_TIMEOUT_SECONDS: u64 = 300;
const HEADING: &str = "One valid token";
/// What is said wherever a token was given in a way that cannot be kept.
const WAYS: &str = "--token-file PATH, --token-command COMMAND or the variable CONFORMANCE_TOKEN";

/// Ways to give the suite one token that the server accepts.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Access {
    /// A file that holds the token
    #[arg(long, value_name = "PATH", help_heading = HEADING, conflicts_with_all = ["token_command", "login", "login_url_only", "zone", "launch"])]
    token_file: Option<PathBuf>,
    /// A command that prints the token; run again when the token runs out
    #[arg(long, value_name = "COMMAND", help_heading = HEADING, value_parser = command, conflicts_with_all = ["login", "login_url_only", "zone", "launch"])]
    token_command: Option<String>,
    /// Sign in through the browser, as an MCP client does
    #[arg(long, help_heading = HEADING, conflicts_with_all = ["zone", "launch"])]
    login: bool,
    /// The same, and print the address instead of opening a browser
    #[arg(long, help_heading = HEADING, conflicts_with_all = ["zone", "launch"])]
    login_url_only: bool,
    /// Seconds that the sign-in may take
    #[arg(long, value_name = "SECONDS", help_heading = HEADING, default_value_t = LOGIN_TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=3600))]
    login_timeout: u64,
    /// The client to sign in as, registered by hand; its secret, if any, in CONFORMANCE_CLIENT_SECRET
    #[arg(long, value_name = "ID", help_heading = HEADING, value_parser = client_id)]
    client_id: Option<String>,
    /// The one authorization server to sign in at; needed where the client has a secret
    #[arg(long, value_name = "URL", help_heading = HEADING, value_parser = issuer)]
    issuer: Option<String>,
    /// Refused: an argument is visible to everybody on this machine.
    // Its value is optional and unchecked, since clap would repeat one that it does not take.
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "")]
    token: Option<String>,
}

/// Why there is no access, and how the program ends.
pub(super) type Refusal = (ExitStatus, String);

impl Access {
    /// Refuses what cannot work, before anything is sent. `mints` says which option lets the suite mint its tokens.
    pub(super) fn check(&self, mints: Option<&'static str>) -> Result<(), String> {
        if self.token.is_some() {
            return Err(format!("a token in an argument is visible to everybody in `ps`; give it by {WAYS}"));
        }
        let signs_in = self.signs_in();
        for (given, name) in [
            (self.client_id.is_some(), "--client-id"),
            (self.issuer.is_some(), "--issuer"),
            (self.login_timeout != LOGIN_TIMEOUT_SECONDS, "--login-timeout"),
        ] {
            if given && !signs_in {
                return Err(format!("{name} is for --login or --login-url-only"));
            }
        }
        if signs_in && self.client_id.is_none() && std::env::var_os(SECRET_VARIABLE).is_some() {
            return Err(format!("{SECRET_VARIABLE} is set, but no --client-id says whose secret it is"));
        }
        if signs_in && self.issuer.is_none() && std::env::var_os(SECRET_VARIABLE).is_some() {
            return Err(format!(
                "{SECRET_VARIABLE} is set, and only --issuer URL says which authorization server may see it; the server \
                 under test would else choose"
            ));
        }
        if mints.is_none()
            && variable_is_set()
            && let Some(name) = self.option()
        {
            return Err(format!(
                "the variable {} holds a token, and {name} is to give one too; unset the one or leave out the other",
                given::VARIABLE
            ));
        }
        Ok(())
    }

    /// The token that the user gave; none where there is none, or where the suite mints its tokens.
    pub(super) async fn given(
        &self,
        url: &Url,
        scopes: Vec<String>,
        mints: Option<&'static str>,
    ) -> Result<Option<Given>, Refusal> {
        if let Some(option) = mints {
            if variable_is_set() {
                eprintln!("note: {} is ignored, since {option} lets the suite make its tokens", given::VARIABLE);
            }
            return Ok(None);
        }
        let usage = |why: String| (ExitStatus::Usage, why);
        let given = if let Some(path) = &self.token_file {
            let file = File(path.clone());
            let token = file.read().map_err(usage)?;
            Given::holding(file, token)
        } else if let Some(command) = &self.token_command {
            let command = Command(command.clone());
            let token = command.run().await.map_err(|why| (ExitStatus::CouldNotTest, why))?;
            Given::holding(command, token)
        } else if self.signs_in() {
            Given::pending(self.login(url, scopes).map_err(usage)?)
        } else if let Some(value) = std::env::var_os(given::VARIABLE) {
            use std::os::unix::ffi::OsStrExt as _;
            let token = token_in(value.as_bytes());
            let token = token.map_err(|why| usage(format!("the variable {} is {why}", given::VARIABLE)))?;
            Given::holding(Variable, token)
        } else {
            return Ok(None);
        };
        if url.scheme() == "http" && !crate::discovery::is_loopback(url) {
            eprintln!("note: --url is http, so the token goes over the network for everybody to read");
        }
        Ok(Some(given))
    }

    /// The options that give the same access again.
    pub(super) fn rerun(&self) -> String {
        let mut words = Vec::new();
        if let Some(path) = &self.token_file {
            words.push(format!("--token-file {}", shell_quoted(&path.display().to_string())));
        }
        if let Some(command) = &self.token_command {
            words.push(format!("--token-command {}", shell_quoted(command)));
        }
        if self.login_url_only {
            words.push("--login-url-only".to_owned());
        } else if self.login {
            words.push("--login".to_owned());
        }
        if let Some(id) = &self.client_id {
            words.push(format!("--client-id {}", shell_quoted(id)));
        }
        if let Some(issuer) = &self.issuer {
            words.push(format!("--issuer {}", shell_quoted(issuer)));
        }
        if self.login_timeout != LOGIN_TIMEOUT_SECONDS {
            words.push(format!("--login-timeout {}", self.login_timeout));
        }
        words.iter().map(|word| format!(" {word}")).collect()
    }

    fn signs_in(&self) -> bool {
        self.login || self.login_url_only
    }

    /// The option that is to give a token.
    fn option(&self) -> Option<&'static str> {
        [
            (self.token_file.is_some(), "--token-file"),
            (self.token_command.is_some(), "--token-command"),
            (self.login_url_only, "--login-url-only"),
            (self.login, "--login"),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }

    fn login(&self, url: &Url, scopes: Vec<String>) -> Result<Login, String> {
        let client = match &self.client_id {
            None => None,
            Some(id) => Some(Known { id: id.clone(), secret: client_secret()? }),
        };
        Ok(Login {
            endpoint: url.clone(),
            client,
            issuer: self.issuer.clone(),
            scopes,
            guide: Box::new(Screen { opens_browser: !self.login_url_only }),
            within: Duration::from_secs(self.login_timeout),
            session: Mutex::default(),
        })
    }
}

/// Whether the variable has anything in it to say; one that is set and empty is a mistake, which is told.
fn variable_is_set() -> bool {
    std::env::var_os(given::VARIABLE).is_some()
}

fn client_secret() -> Result<Option<String>, String> {
    let Some(value) = std::env::var_os(SECRET_VARIABLE) else { return Ok(None) };
    match value.into_string() {
        Ok(secret) if !secret.trim().is_empty() => Ok(Some(secret)),
        Ok(_) => Err(format!("the variable {SECRET_VARIABLE} is empty")),
        Err(_) => Err(format!("the variable {SECRET_VARIABLE} is not UTF-8 text")),
    }
}

/// Shows the way on standard error, and opens a browser where it may.
#[derive(Debug)]
struct Screen {
    opens_browser: bool,
}

#[async_trait]
impl Guide for Screen {
    async fn lead(&self, to: &Url) {
        // A URL has no characters that a terminal obeys; the server chose its beginning all the same.
        let url = printable(to.as_str());
        if !self.opens_browser {
            eprintln!("Sign in at this address, in a browser on this machine:\n\n{url}\n");
            return;
        }
        let host = printable(to.host_str().unwrap_or_default());
        eprintln!("Opening a browser to sign in at {host}. If none opens, go to this address:\n\n{url}\n");
        if !browser::open(to).await {
            let why = if std::io::stderr().is_terminal() { "" } else { " (BROWSER names one)" };
            eprintln!("note: no browser could be opened{why}; open the address above in one on this machine");
        }
    }
}

fn command(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("expected a command that prints a token") } else { Ok(text.to_owned()) }
}

fn client_id(text: &str) -> Result<String, &'static str> {
    // RFC 6749 appendix A.1: visible characters and spaces.
    let is_valid = !text.trim().is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if is_valid { Ok(text.to_owned()) } else { Err("expected the client's id, of visible ASCII characters") }
}

/// Compared with what the server names character for character (RFC 8414 section 3.3), so not normalised.
fn issuer(text: &str) -> Result<String, &'static str> {
    let is_valid = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_valid { Ok(text.to_owned()) } else { Err("expected the issuer's URL, https://as.example.com") }
}
