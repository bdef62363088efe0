//! What a fault may know of the request at hand.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;

/// A request, as far as faults care.
#[derive(Debug, Clone)]
pub struct Asked {
    /// HTTP method.
    pub method: Method,
    /// Path and query.
    pub uri: String,
    /// `Host`; empty where there is none.
    pub host: String,
    /// `Authorization`, if there is one.
    pub authorization: Option<String>,
    /// How many `Authorization` fields there are.
    pub credentials: usize,
    /// `Accept`, if there is one.
    pub accept: Option<String>,
    /// `Mcp-Session-Id`, if there is one.
    pub session: Option<String>,
    /// `MCP-Protocol-Version`, if there is one.
    pub revision: Option<String>,
    /// JSON-RPC id; null where there is none.
    pub rpc_id: Value,
    /// JSON-RPC method, if the body is a message that has one.
    pub rpc_method: Option<String>,
    /// The tool that is called, if one is.
    pub tool: Option<String>,
    /// All header fields.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    /// The body as JSON; null where it is none.
    pub message: Value,
    /// The other end of the connection: what tells one connection from another.
    pub peer: SocketAddr,
}

impl Asked {
    /// Reads a request's head and body.
    pub fn of(head: &Parts, body: &[u8], peer: SocketAddr) -> Self {
        let text = |name| head.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        Self {
            method: head.method.clone(),
            uri: head.uri.to_string(),
            host: text("host").unwrap_or_default(),
            authorization: text("authorization"),
            credentials: head.headers.get_all("authorization").iter().count(),
            accept: text("accept"),
            session: text("mcp-session-id"),
            revision: text("mcp-protocol-version"),
            rpc_id: message["id"].clone(),
            rpc_method: message["method"].as_str().map(str::to_owned),
            tool: message["params"]["name"].as_str().map(str::to_owned),
            headers: head.headers.clone(),
            body: String::from_utf8_lossy(body).into_owned(),
            message,
            peer,
        }
    }

    /// A header's value, if it has that header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether it is a request to the MCP endpoint.
    pub fn is_mcp(&self) -> bool {
        self.uri == "/mcp" || self.uri.starts_with("/mcp?")
    }

    /// Where the metadata of the server is.
    pub fn metadata_url(&self) -> String {
        format!("http://{}/.well-known/oauth-protected-resource/mcp", self.host)
    }

    /// Whether it is a request for the metadata.
    pub fn is_metadata(&self) -> bool {
        self.uri.starts_with("/.well-known/oauth-protected-resource")
    }

    /// The token after `Bearer`, in any letter case, if there is one.
    pub fn token(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_deref()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then_some(token)
    }

    /// Whether the request is of a revision that begins with initialize.
    pub fn is_of_initialize_era(&self) -> bool {
        let named_in_body = &self.message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
        self.revision.as_deref() != Some("2026-07-28") && named_in_body.is_null()
    }

    /// The claims of the token, unverified; null where there are none.
    pub fn claims(&self) -> Value {
        let payload = self.token().and_then(|token| token.split('.').nth(1)).unwrap_or_default();
        let decoded = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        serde_json::from_slice(&decoded).unwrap_or_default()
    }

    /// Whether the token has this scope, unverified.
    pub fn holds(&self, scope: &str) -> bool {
        self.claims()["scope"].as_str().is_some_and(|held| held.split(' ').any(|held| held == scope))
    }

    /// Whether the token has the form of a JWT.
    pub fn is_jwt(&self) -> bool {
        self.token().is_some_and(|token| token.matches('.').count() == 2)
    }
}
