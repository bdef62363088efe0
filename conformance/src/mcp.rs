//! What the suite says to an MCP endpoint, in each revision of the protocol.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use http::{HeaderMap, HeaderValue, Method};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::client::Request;

/// A revision of MCP that the suite speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, clap::ValueEnum)]
pub enum Revision {
    /// The first with Streamable HTTP: no header names the version, and the server may be its own authorization server.
    #[serde(rename = "2025-03-26")]
    #[value(name = "2025-03-26")]
    V2025_03_26,
    /// The first with protected resource metadata and `MCP-Protocol-Version`.
    #[serde(rename = "2025-06-18")]
    #[value(name = "2025-06-18")]
    V2025_06_18,
    /// The last that begins with `initialize`; may have sessions.
    #[serde(rename = "2025-11-25")]
    #[value(name = "2025-11-25")]
    V2025_11_25,
    /// Stateless: `server/discover`, and what a request is about in `_meta` and headers.
    #[serde(rename = "2026-07-28")]
    #[value(name = "2026-07-28")]
    V2026_07_28,
}

impl Revision {
    /// Every revision that the suite speaks, oldest first.
    pub const ALL: [Self; 4] = [Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// Those that a server is likely to speak, one of each era. They are asked for first, and assumed where nothing shows
    /// which ones it speaks.
    pub const LIKELY: [Self; 2] = [Self::V2025_11_25, Self::V2026_07_28];

    /// The revision's date.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Whether a client begins with `initialize`.
    pub fn initializes(self) -> bool {
        self < Self::V2026_07_28
    }

    /// Whether requests name it in `MCP-Protocol-Version`, which 2025-06-18 brought in.
    pub fn is_named_in_header(self) -> bool {
        self > Self::V2025_03_26
    }

    /// Whether it is among [`Self::LIKELY`].
    pub fn is_likely(self) -> bool {
        Self::LIKELY.contains(&self)
    }

    /// The revision of this date, if the suite speaks it.
    pub fn named(date: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.name() == date)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// JSON-RPC 2.0 section 5.1.
pub const METHOD_NOT_FOUND: i64 = -32601;

/// One thing that can be asked of an MCP server.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Begins a connection in revisions that have it.
    Initialize,
    /// Asks what the server is, in revisions without `initialize`.
    Discover,
    /// Lists the tools.
    ListTools,
    /// Calls a tool.
    CallTool {
        /// The tool's name.
        name: String,
        /// Its arguments.
        arguments: Map<String, Value>,
    },
    /// Any other request: its method and its parameters.
    Other(&'static str, Map<String, Value>),
    /// Tells the server something and expects no answer.
    Notification(&'static str),
}

impl Operation {
    /// The JSON-RPC method.
    pub fn method(&self) -> &str {
        match self {
            Self::Initialize => "initialize",
            Self::Discover => "server/discover",
            Self::ListTools => "tools/list",
            Self::CallTool { .. } => "tools/call",
            Self::Other(method, _) | Self::Notification(method) => method,
        }
    }

    /// What the operation is about, where a header says so too.
    fn name(&self) -> Option<&str> {
        match self {
            Self::CallTool { name, .. } => Some(name),
            Self::Other("resources/read", params) => params.get("uri")?.as_str(),
            _ => None,
        }
    }

    /// The operation in a few words.
    pub fn describe(&self) -> String {
        match self {
            Self::CallTool { name, .. } => format!("tools/call {name}"),
            other => other.method().to_owned(),
        }
    }

    fn params(&self, revision: Revision) -> Map<String, Value> {
        let params = match self {
            Self::Initialize => json!({
                "protocolVersion": revision.name(),
                "capabilities": {},
                "clientInfo": client_info(),
            }),
            Self::CallTool { name, arguments } => json!({"name": name, "arguments": arguments}),
            Self::Other(_, params) => json!(params),
            Self::Notification("notifications/cancelled") => json!({"requestId": "conformance-none"}),
            Self::Discover | Self::ListTools | Self::Notification(_) => json!({}),
        };
        match params {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// The session that a server of an `initialize` revision may have opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// `Mcp-Session-Id`, where the server issued one.
    pub id: Option<String>,
}

/// Request ids are never reused, so that an answer cannot be taken for another's.
static NEXT_ID: AtomicI64 = AtomicI64::new(1);

/// The POST that puts an operation to the endpoint; without credentials.
pub fn post(endpoint: &Url, operation: &Operation, revision: Revision, session: &Session) -> Request {
    let mut params = operation.params(revision);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("accept", HeaderValue::from_static("application/json, text/event-stream"));
    if revision.initializes() {
        if *operation != Operation::Initialize {
            insert_version(&mut headers, revision);
            insert_session(&mut headers, session);
        }
    } else {
        insert_version(&mut headers, revision);
        insert_text(&mut headers, "mcp-method", operation.method());
        if let Some(name) = operation.name() {
            insert_text(&mut headers, "mcp-name", name);
        }
        params.insert("_meta".to_owned(), meta(revision));
    }
    let mut message = json!({"jsonrpc": "2.0", "method": operation.method()});
    let rpc_id = match operation {
        Operation::Notification(_) => None,
        _ => Some(Value::from(NEXT_ID.fetch_add(1, Ordering::Relaxed))),
    };
    if let Some(id) = &rpc_id {
        message["id"] = id.clone();
    }
    if !params.is_empty() {
        message["params"] = Value::Object(params);
    }
    Request {
        purpose: operation.describe(),
        method: Method::POST,
        url: endpoint.clone(),
        raw_path: None,
        headers,
        body: Some(message.to_string().into_bytes()),
        rpc_id,
        confidential: false,
        ends_when_asked: false,
    }
}

/// A request with another HTTP method on the endpoint (the event stream, the end of a session).
pub fn other(endpoint: &Url, method: Method, revision: Revision, session: &Session) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("text/event-stream"));
    insert_version(&mut headers, revision);
    if revision.initializes() {
        insert_session(&mut headers, session);
    }
    let purpose = method.to_string();
    Request { method, headers, ..Request::get(endpoint.clone(), purpose) }
}

fn insert_version(headers: &mut HeaderMap, revision: Revision) {
    if revision.is_named_in_header() {
        headers.insert("mcp-protocol-version", HeaderValue::from_static(revision.name()));
    }
}

fn insert_session(headers: &mut HeaderMap, session: &Session) {
    if let Some(id) = &session.id {
        insert_text(headers, "mcp-session-id", id);
    }
}

fn insert_text(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn meta(revision: Revision) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": revision.name(),
        "io.modelcontextprotocol/clientInfo": client_info(),
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn client_info() -> Value {
    json!({"name": "conformance", "version": env!("CARGO_PKG_VERSION")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_revision_says_what_it_is_where_it_has_a_place_for_that() {
        let endpoint = Url::parse("https://h.example/mcp").unwrap();
        for revision in Revision::ALL {
            let list = post(&endpoint, &Operation::ListTools, revision, &Session::default());
            let named = list.headers.get("mcp-protocol-version").map(|value| value.to_str().unwrap());
            assert_eq!(named, (revision != Revision::V2025_03_26).then_some(revision.name()));
            assert_eq!(Revision::named(revision.name()), Some(revision));

            let first = post(&endpoint, &Operation::Initialize, revision, &Session::default());
            let message: Value = serde_json::from_slice(&first.body.unwrap()).unwrap();
            assert_eq!(message["params"]["protocolVersion"], revision.name());
        }
    }
}
