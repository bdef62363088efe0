//! The record of each call, allowed or denied: one line of JSON, and never a token or an argument's value.

use std::{
    fmt::Write as _,
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::scopes::Scopes;

/// Keeps records.
pub trait AuditSink: Send + Sync + 'static {
    /// Keeps one. This may wait: the guard calls it on a thread of its own, one record after the other, and
    /// answers a call when this has returned. After a failure the answer is withheld and an error is logged.
    fn record(&self, record: &AuditRecord) -> io::Result<()>;
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRecord {
    /// When the request came.
    pub time: Timestamp,
    /// The record's own name.
    pub id: String,
    /// The same for all calls of one subject with one client in one sign-in, so that a refusal for
    /// scope and the call with the wider token are seen to belong together; none without a verified caller.
    pub correlation_id: Option<String>,
    /// The verified `sub`.
    pub subject: Option<String>,
    /// The verified `client_id`.
    pub client_id: Option<String>,
    /// The verified `jti`.
    pub token_id: Option<String>,
    /// Which tool, as the request names it; empty where that could not be told.
    pub tool: String,
    /// The names of the arguments; none without a verified caller.
    pub arguments: Vec<String>,
    /// What the tool needs.
    pub scopes_needed: Scopes,
    /// What the verified token has.
    pub scopes_held: Option<Scopes>,
    /// Whether the call was passed on.
    pub decision: Decision,
    /// Why not, or what became of it.
    pub reason: &'static str,
    /// The status of the response; none when the client did not wait for it.
    pub status: Option<u16>,
    /// From the request's head to the response's.
    pub duration_ms: f64,
}

/// Whether a call was passed on to the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It was.
    Allowed,
    /// It was not.
    Denied,
}

/// One line of JSON per record, to anything that can be written.
///
/// A line is printable ASCII, whatever the names in it: it can be looked at in a terminal. It is written and
/// flushed under a lock, so a reader that stalls holds up the calls, and no call goes unrecorded because the
/// trail is slow.
pub struct JsonLines(Mutex<Box<dyn Write + Send>>);

impl JsonLines {
    /// To `out`.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(out)))
    }

    /// To standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }

    /// To the end of a file; a new one is for its owner's eyes, since it says who did what.
    pub fn append(path: &Path) -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(Self::new)
    }
}

impl AuditSink for JsonLines {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        let mut line = printable(&serde_json::to_string(record)?);
        line.push('\n');
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that two processes that append to the same file keep their lines apart.
        out.write_all(line.as_bytes())?;
        out.flush()
    }
}

/// The same JSON in printable ASCII. What else it has is in its strings, where an escape means the same; JSON
/// itself asks for one only where the character is below a space (RFC 8259 section 7).
fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, ' '..='~') {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Keeps nothing; for embedding where nobody reads the trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl AuditSink for Discard {
    fn record(&self, _record: &AuditRecord) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_looked_at_in_a_terminal_and_says_the_same() {
        let text = "a\n\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{2028}\"\\\u{e4}\u{1f600}";
        let line = printable(&serde_json::to_string(text).unwrap());
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
