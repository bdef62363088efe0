//! What is written down: by the zone, whose findings are never about the server, and by the server.

checks! {
    events::AuditEvents,
    no_tokens::AuditFeedNoTokens,
    tool_calls::ToolCallsLogged,
    callers::CallersLogged,
    elevation::ElevationLogged,
    notifications::LogNotifications,
}

use std::io;
use std::time::Duration;

use crate::check::Stop;
use crate::context::Context;
use crate::mcp::Operation;
use crate::server_audit::{Record, ServerAudit};
use crate::survey::random_id;
use crate::token::{Draft, Token};
use crate::waits::Waits;

/// How long after its answer a call may come into the log.
const LOGGED_WITHIN: Duration = Duration::from_secs(2);

/// A call that is known again in the log: user, client and token of it are nobody else's.
struct Mark {
    subject: String,
    client: String,
    token_id: String,
}

impl Mark {
    fn new() -> Self {
        let [subject, client, token_id] =
            ["user", "client", "token"].map(|what| format!("conformance-{what}-{}", random_id()));
        Self { subject, client, token_id }
    }

    /// The same user with the same client, by another token.
    fn with_another_token(&self) -> Self {
        let Self { token_id, .. } = Self::new();
        Self { subject: self.subject.clone(), client: self.client.clone(), token_id }
    }

    /// The accepted token in this name.
    fn draft(&self, token: &Token) -> Draft {
        token.but(|t| {
            t.claim("sub", self.subject.as_str());
            t.claim("client_id", self.client.as_str());
            t.claim("jti", self.token_id.as_str());
        })
    }

    fn marks(&self, record: &Record) -> bool {
        [&self.subject, &self.client, &self.token_id].iter().any(|mark| record.mentions(mark))
    }

    /// Whether this is a record of a call of this tool by this token, and not of the token alone.
    fn marks_call_of(&self, tool: &str, record: &Record) -> bool {
        self.marks(record) && record.mentions(tool)
    }
}

/// The name of the tool that an operation calls; empty where it calls none.
fn tool_of(operation: &Operation) -> &str {
    match operation {
        Operation::CallTool { name, .. } => name,
        _ => "",
    }
}

/// What was added to the log from a place on, once this holds of it, or when there has been time enough.
async fn logged(log: &ServerAudit, place: u64, holds: impl Fn(&[Record]) -> bool) -> Result<Vec<Record>, Stop> {
    let mut waits = Waits::within(LOGGED_WITHIN);
    loop {
        let records = log.records_since(place).map_err(|error| unreadable(&error))?;
        if holds(&records) || !waits.again().await {
            return Ok(records);
        }
    }
}

/// The end of the log, and the log.
fn log(cx: &Context) -> Result<(&ServerAudit, u64), Stop> {
    let log = cx.server_audit()?;
    Ok((log, log.place().map_err(|error| unreadable(&error))?))
}

fn unreadable(error: &io::Error) -> Stop {
    Stop::inconclusive(format!("the server's log could not be read: {error}"))
}

/// The records of a log with these lines.
#[cfg(test)]
fn records(lines: &[serde_json::Value]) -> Vec<Record> {
    use crate::server_audit::{Mapping, Source};

    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let source = Source::Memory(std::sync::Arc::new(std::sync::Mutex::new(text.into_bytes())));
    ServerAudit::new(source, Mapping::default()).records_since(0).expect("records")
}
