//! The record of each call, allowed or denied: one line of JSON, and never a token or an argument's value.

use std::{
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::scopes::Scopes;

/// Keeps records.
pub trait AuditSink: Send + Sync + 'static {
    /// Keeps one. A failure is for the operator's log; it comes too late to stop the call.
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
    /// Which tool, as the request names it.
    pub tool: String,
    /// The names of the arguments.
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
/// Each line is written and flushed before the response is sent, under a lock, so a sink that stalls
/// stalls the calls with it: no call goes unrecorded because the trail is slow.
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
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that two processes that append to the same file keep their lines apart.
        out.write_all(&line)?;
        out.flush()
    }
}

/// Keeps nothing; for embedding where nobody reads the trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl AuditSink for Discard {
    fn record(&self, _record: &AuditRecord) -> io::Result<()> {
        Ok(())
    }
}
