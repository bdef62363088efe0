//! The one valid token of a run that controls no zone: where it comes from, and a fresh one where it has run out.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::discovery::Discovery;
use crate::files;
use crate::launch::capture::{self, CaptureError};
use crate::secrets::Secrets;
use crate::survey::now;
use crate::text::printable;
use crate::token::Token;

/// The variable that may hold the token.
pub const VARIABLE: &str = "CONFORMANCE_TOKEN";

/// Longest token, in bytes; servers take no longer header.
const TOKEN_AT_MOST: usize = 16 * 1024;
/// Shorter ones could not be told from ordinary text, and so not be kept out of reports.
const TOKEN_AT_LEAST: usize = 8;
/// How long `--token-command` may run.
const COMMAND_WITHIN: Duration = Duration::from_secs(60);
/// A token that ends so soon is replaced before it is used again, in seconds.
const RENEWED_BEFORE: i64 = 30;
/// A token that ends so soon may not outlast the run, in seconds.
const SOON: i64 = 120;

/// Why a text is no token; none of these shows any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// Nothing, or nothing but blanks.
    #[error("empty")]
    Empty,
    /// More than any token.
    #[error("larger than {} KiB, which no token is", TOKEN_AT_MOST / 1024)]
    TooLarge,
    /// Less than can be masked.
    #[error("shorter than {TOKEN_AT_LEAST} characters, so that reports could not be kept free of it")]
    TooShort,
    /// Binary.
    #[error("not UTF-8 text")]
    NotText,
    /// A file of something else, or of several tokens.
    #[error("of several lines; the token alone is wanted")]
    SeveralLines,
    /// What a token endpoint answers.
    #[error("JSON; the token alone is wanted, as `jq -r .access_token` prints it")]
    Json,
    /// With its scheme.
    #[error("more than the token; leave out the word Bearer")]
    Scheme,
    /// What no `Authorization` field takes (RFC 6750 section 2.1).
    #[error("of characters that no bearer token has")]
    Characters,
}

/// The token that a text holds.
///
/// # Errors
/// [`NoToken`].
pub fn token_in(bytes: &[u8]) -> Result<String, NoToken> {
    let text = std::str::from_utf8(bytes).map_err(|_| NoToken::NotText)?.trim();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > TOKEN_AT_MOST {
        return Err(NoToken::TooLarge);
    }
    if text.is_empty() {
        return Err(NoToken::Empty);
    }
    if text.starts_with('{') {
        return Err(NoToken::Json);
    }
    if text.contains(['\n', '\r']) {
        return Err(NoToken::SeveralLines);
    }
    if text.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("bearer")) {
        return Err(NoToken::Scheme);
    }
    // More than the grammar's characters, since servers take more; but nothing that would have to be escaped somewhere.
    if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\,;<>".contains(&b)) {
        return Err(NoToken::Characters);
    }
    if text.len() < TOKEN_AT_LEAST {
        return Err(NoToken::TooShort);
    }
    Ok(text.to_owned())
}

/// A token as a source gives it.
#[derive(Clone)]
pub struct Obtained {
    /// The token.
    pub token: String,
    /// Seconds for which it is good, where its giver said so.
    pub expires_in: Option<i64>,
}

/// Where the token of a run comes from.
#[async_trait]
pub trait TokenSource: Send + Sync + std::fmt::Debug {
    /// What the user gave, as in `the token of --token-file`.
    fn name(&self) -> &'static str;

    /// Whether asking again may give another token.
    fn renews(&self) -> bool;

    /// A token; asked for again where the one it gave has run out. What is secret on the way goes into `secrets`.
    ///
    /// # Errors
    /// Why there is none, in a sentence that may be shown.
    async fn obtain(&self, discovery: &Discovery, secrets: &Secrets) -> Result<Obtained, String>;
}

/// A file, read again when its token has run out: something may keep it fresh.
#[derive(Debug)]
pub struct File(pub PathBuf);

impl File {
    /// Reads the token.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub fn read(&self) -> Result<String, String> {
        let named = |why: String| format!("--token-file {}: {why}", printable(&self.0.display().to_string()));
        let bytes = bounded(&self.0).map_err(|error| named(format!("could not be read: {error}")))?;
        token_in(&bytes).map_err(|why| named(format!("the file is {why}")))
    }
}

/// At most a little more than a token of a file, so that one that has no end (a device) does not fill our memory.
fn bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Blanks around it are no part of the token; more of them than this are no accident.
    let at_most = u64::try_from(TOKEN_AT_MOST + 1024).unwrap_or(u64::MAX);
    // A pipe cannot be read twice.
    let file = files::regular(path).map_err(|error| match error.kind() {
        ErrorKind::Other => std::io::Error::other(format!("{error}; what a command prints is for --token-command")),
        _ => error,
    })?;
    file.take(at_most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[async_trait]
impl TokenSource for File {
    fn name(&self) -> &'static str {
        "--token-file"
    }

    fn renews(&self) -> bool {
        true
    }

    async fn obtain(&self, _: &Discovery, _: &Secrets) -> Result<Obtained, String> {
        Ok(Obtained { token: self.read()?, expires_in: None })
    }
}

/// A command, run again when its token has run out.
#[derive(Debug)]
pub struct Command(pub String);

impl Command {
    /// Runs the command; what it prints is the token.
    ///
    /// # Errors
    /// Why there is none, in a sentence, with what the command wrote to standard error.
    pub async fn run(&self) -> Result<String, String> {
        // Blanks around it, as with a file.
        let captured = capture::run(&self.0, COMMAND_WITHIN, TOKEN_AT_MOST + 1024).await;
        let captured = captured.map_err(|error| match error {
            CaptureError::TooMuch => format!("--token-command: its output is {}", NoToken::TooLarge),
            other => format!("--token-command: {other}"),
        })?;
        let why = if captured.status.success() {
            match token_in(&captured.stdout) {
                Ok(token) => return Ok(token),
                Err(why) => format!("its output is {why}"),
            }
        } else {
            format!("it ended with {}", captured.status)
        };
        // What it printed may be a token all the same, and a shell that traces its commands shows it.
        let secrets = Secrets::default();
        for word in String::from_utf8_lossy(&captured.stdout).split_whitespace() {
            secrets.add(word, "output");
        }
        Err(format!("--token-command: {why}{}", captured.complaint(&secrets)))
    }
}

#[async_trait]
impl TokenSource for Command {
    fn name(&self) -> &'static str {
        "--token-command"
    }

    fn renews(&self) -> bool {
        true
    }

    async fn obtain(&self, _: &Discovery, _: &Secrets) -> Result<Obtained, String> {
        Ok(Obtained { token: self.run().await?, expires_in: None })
    }
}

/// The variable, which holds one token and no other.
#[derive(Debug)]
pub struct Variable;

#[async_trait]
impl TokenSource for Variable {
    fn name(&self) -> &'static str {
        VARIABLE
    }

    fn renews(&self) -> bool {
        false
    }

    async fn obtain(&self, _: &Discovery, _: &Secrets) -> Result<Obtained, String> {
        Err(format!("{VARIABLE} holds one token and no other"))
    }
}

/// The token of a run, and its source.
#[derive(Debug)]
pub struct Given {
    source: Box<dyn TokenSource>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    first: Option<String>,
    issued: Option<Issued>,
    /// Whether the server took it. One that it did not take is no reason to ask for yet another.
    proven: bool,
    /// Why the source is asked no more.
    spent: Option<String>,
}

/// A token, and how long it is good.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// When it ends, in seconds since 1970, where that is known.
    pub expires_at: Option<i64>,
    /// When a fresh one is asked for.
    renew_at: Option<i64>,
}

impl Issued {
    fn new(obtained: &Obtained, secrets: &Secrets) -> Self {
        secrets.add(&obtained.token, "given token");
        let token = Token::read(&obtained.token);
        let now = now();
        let by_claim = token.claims.get("exp").and_then(Value::as_f64);
        #[expect(clippy::cast_possible_truncation, reason = "a float that large saturates, and means never")]
        let by_claim = by_claim.map(|exp| exp as i64);
        let by_giver = obtained.expires_in.map(|seconds| now.saturating_add(seconds));
        let expires_at = by_claim.into_iter().chain(by_giver).min();
        // A token that is short-lived on purpose is used for most of its life.
        let renew_at = expires_at.map(|end| end - RENEWED_BEFORE.min((end - now).max(0) / 3));
        Self { token, expires_at, renew_at }
    }

    /// Whether it has ended, by our clock.
    pub fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= now())
    }
}

impl Given {
    /// A token that is at hand; its source gives the next.
    pub fn holding(source: impl TokenSource + 'static, token: String) -> Self {
        let held = Held { first: Some(token), ..Held::default() };
        Self { source: Box::new(source), held: Mutex::new(held) }
    }

    /// A token that has yet to be obtained, once the server is known.
    pub fn pending(source: impl TokenSource + 'static) -> Self {
        Self { source: Box::new(source), held: Mutex::default() }
    }

    /// What the user gave, as in `the token of --token-file`.
    pub fn name(&self) -> &'static str {
        self.source.name()
    }

    /// The first token.
    ///
    /// # Errors
    /// The source's reason.
    pub async fn first(&self, discovery: &Discovery, secrets: &Secrets) -> Result<Issued, String> {
        let mut held = self.held.lock().await;
        let obtained = match held.first.take() {
            Some(token) => Obtained { token, expires_in: None },
            None => self.source.obtain(discovery, secrets).await?,
        };
        let issued = Issued::new(&obtained, secrets);
        held.issued = Some(issued.clone());
        if !self.source.renews() {
            held.spent = Some(format!("{} holds one token and no other", self.name()));
        }
        Ok(issued)
    }

    /// The token as it is now: another one where it was about to run out.
    ///
    /// # Errors
    /// Where there is none yet, which is our own mistake.
    pub async fn current(&self, discovery: &Discovery, secrets: &Secrets) -> Result<Issued, String> {
        let mut held = self.held.lock().await;
        let issued = held.issued.clone().ok_or("the token was asked for before there was one")?;
        if held.spent.is_some() || !held.proven || issued.renew_at.is_none_or(|at| now() < at) {
            return Ok(issued);
        }
        // The old one may do for a while; where it does not, the reason is told with its refusal.
        Ok(self.renew(&mut held, discovery, secrets).await.unwrap_or(issued))
    }

    /// What to say where the token ends before a run may have.
    pub async fn ends_soon(&self) -> Option<String> {
        let held = self.held.lock().await;
        let left = held.issued.as_ref()?.expires_at? - now();
        if !(1..SOON).contains(&left) {
            return None; // what has ended is told with its refusal
        }
        let then = match held.spent {
            None => format!("{} is then asked for another", self.name()),
            Some(_) => "what is checked after that can come to no verdict".to_owned(),
        };
        Some(format!("the token of {} ends in {left} s; {then}", self.name()))
    }

    /// Another token in place of one that was refused.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn instead_of(
        &self,
        refused: &Token,
        discovery: &Discovery,
        secrets: &Secrets,
    ) -> Result<Issued, String> {
        let mut held = self.held.lock().await;
        if let Some(issued) = held.issued.as_ref().filter(|issued| issued.token.compact != refused.compact) {
            return Ok(issued.clone()); // another check was first
        }
        if !held.proven {
            return Err(format!("the last one of {} was fresh", self.name()));
        }
        self.renew(&mut held, discovery, secrets).await
    }

    /// Takes note that the server took this token.
    pub async fn proven(&self, token: &Token) {
        let mut held = self.held.lock().await;
        held.proven |= held.issued.as_ref().is_some_and(|issued| issued.token.compact == token.compact);
    }

    async fn renew(&self, held: &mut Held, discovery: &Discovery, secrets: &Secrets) -> Result<Issued, String> {
        if let Some(why) = &held.spent {
            return Err(why.clone());
        }
        let obtained = self.source.obtain(discovery, secrets).await;
        let known = held.issued.as_ref().map(|issued| issued.token.compact.as_str());
        let renewed = match obtained {
            Ok(obtained) if known == Some(obtained.token.as_str()) => {
                Err(format!("{} gave the same token again", self.name()))
            }
            Ok(obtained) => Ok(Issued::new(&obtained, secrets)),
            Err(why) => Err(why),
        };
        match &renewed {
            Ok(issued) => (held.issued, held.proven) = (Some(issued.clone()), false),
            // Once is enough: each check would else wait for it.
            Err(why) => held.spent = Some(why.clone()),
        }
        renewed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_one_line_of_a_tokens_characters() {
        assert_eq!(token_in(b" abcdefgh.x-_~+/=\r\n").unwrap(), "abcdefgh.x-_~+/=");
        for (text, why) in [
            (&b""[..], NoToken::Empty),
            (b" \n", NoToken::Empty),
            (b"\xff\xfe", NoToken::NotText),
            (b"abcdefgh\nabcdefgh", NoToken::SeveralLines),
            (b"{\"access_token\":\"abcdefgh\"}", NoToken::Json),
            (b"Bearer abcdefgh", NoToken::Scheme),
            (b"abcd efgh", NoToken::Characters),
            (b"abcdefg\"h", NoToken::Characters),
            (b"abc", NoToken::TooShort),
        ] {
            assert_eq!(token_in(text), Err(why), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn no_token_is_larger_than_a_header_that_servers_take() {
        assert!(token_in("a".repeat(TOKEN_AT_MOST).as_bytes()).is_ok());
        assert_eq!(token_in("a".repeat(TOKEN_AT_MOST + 1).as_bytes()), Err(NoToken::TooLarge));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_token_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(token) = token_in(&bytes) {
                prop_assert!(http::HeaderValue::from_str(&token).is_ok());
            }
        }
    }

    /// Counts how often it is asked; each token is another one, good for so many seconds.
    #[derive(Debug)]
    struct Counting {
        asked: AtomicUsize,
        lifetime: i64,
        fails_from: usize,
    }

    impl Counting {
        fn new(lifetime: i64, fails_from: usize) -> Self {
            Self { asked: AtomicUsize::new(0), lifetime, fails_from }
        }
    }

    #[async_trait]
    impl TokenSource for Counting {
        fn name(&self) -> &'static str {
            "a test"
        }

        fn renews(&self) -> bool {
            true
        }

        async fn obtain(&self, _: &Discovery, _: &Secrets) -> Result<Obtained, String> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            if asked >= self.fails_from {
                return Err("no more".to_owned());
            }
            Ok(Obtained { token: format!("token-number-{asked}"), expires_in: Some(self.lifetime) })
        }
    }

    fn discovery() -> Discovery {
        let anonymous = Err(crate::client::NoReply::Endless);
        Discovery { anonymous, places: Vec::new(), advertised: None, exchanges: Vec::new() }
    }

    #[tokio::test]
    async fn a_token_is_replaced_before_it_ends_and_not_sooner() {
        let (discovery, secrets) = (discovery(), Secrets::default());
        let lasting = Given::pending(Counting::new(3600, 9));
        lasting.first(&discovery, &secrets).await.unwrap();
        assert_eq!(lasting.current(&discovery, &secrets).await.unwrap().token.compact, "token-number-0");

        let ended = Given::pending(Counting::new(0, 2));
        let first = ended.first(&discovery, &secrets).await.unwrap();
        ended.proven(&first.token).await;
        let last = ended.current(&discovery, &secrets).await.unwrap();
        assert_eq!(last.token.compact, "token-number-1");
        // Another is asked for where this one was good, and not before. The source has no more: the last one is kept, and
        // the reason is told where it is refused.
        assert!(ended.instead_of(&last.token, &discovery, &secrets).await.unwrap_err().contains("was fresh"));
        ended.proven(&last.token).await;
        assert_eq!(ended.current(&discovery, &secrets).await.unwrap().token.compact, "token-number-1");
        assert_eq!(ended.instead_of(&last.token, &discovery, &secrets).await.unwrap_err(), "no more");
        assert_eq!(secrets.mask("x token-number-1"), "x [given token]");
    }

    #[tokio::test]
    async fn one_refusal_asks_once_however_many_checks_see_it() {
        let (discovery, secrets) = (discovery(), Secrets::default());
        let given = Given::pending(Counting::new(3600, 9));
        let first = given.first(&discovery, &secrets).await.unwrap();
        given.proven(&first.token).await;
        for _ in 0..3 {
            let next = given.instead_of(&first.token, &discovery, &secrets).await.unwrap();
            assert_eq!(next.token.compact, "token-number-1");
        }
        let second = given.current(&discovery, &secrets).await.unwrap();
        assert!(given.instead_of(&second.token, &discovery, &secrets).await.unwrap_err().contains("was fresh"));
    }
}
