//! MCP over Streamable HTTP: the service, and what the guard reads in a request before it passes it on.
//!
//! Both eras are spoken at one endpoint, statelessly: 2025-11-25 with `initialize`, 2026-07-28 with
//! `server/discover` and the version in each request.

use std::{borrow::Cow, fmt, marker::PhantomData, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, request::Parts};
use rmcp::{
    model::ProtocolVersion,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Value, json};

use crate::{
    config::{Config, WebOrigin},
    policy::{Call, Operation, Policy, Refusal},
    scopes::Scopes,
    tools::Tools,
};

/// The longest request body: arguments of tools are text that a person or a model wrote.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The revisions on offer. Each one more is a set of requirements more.
pub const VERSIONS: &[ProtocolVersion] = &[ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

const VERSION_HEADER: &str = "mcp-protocol-version";

/// JSON-RPC 2.0 section 5.1.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const INVALID_PARAMS: i32 = -32602;
/// MCP 2026-07-28.
const HEADER_MISMATCH: i32 = -32020;

/// The MCP service with the tools, unguarded.
pub type McpService = StreamableHttpService<Tools, NeverSessionManager>;

/// Makes the MCP service. Mount it with `route_service` behind a guard: `nest_service` would also
/// serve what lies beneath the path.
pub fn mcp_service(config: &Config, tools: Tools) -> McpService {
    let transport = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_BODY_BYTES)
        .with_allowed_hosts(config.allowed_hosts())
        .with_allowed_origins(config.allowed_origins.iter().map(WebOrigin::with_port))
        .enforce_origin_validation();
    let sessions = Arc::new(NeverSessionManager::default());
    StreamableHttpService::new(move || Ok(tools.clone()), sessions, transport)
}

/// Tells from the body which tool a request calls, and so which scopes it needs.
///
/// Never from the `Mcp-Name` field: it is compared with the body on 2026-07-28 only, so an older
/// request could say anything there. What the body says twice is refused, whichever the tools would take.
pub struct McpPolicy {
    scopes_of: Box<dyn Fn(&str) -> Scopes + Send + Sync>,
}

impl McpPolicy {
    /// A policy for tools that need the scopes which `scopes_of` gives for their names.
    pub fn new(scopes_of: impl Fn(&str) -> Scopes + Send + Sync + 'static) -> Self {
        Self { scopes_of: Box::new(scopes_of) }
    }
}

impl Policy for McpPolicy {
    fn body_limit(&self) -> Option<usize> {
        Some(MAX_BODY_BYTES)
    }

    fn operation(&self, head: &Parts, body: &[u8]) -> Result<Operation, Refusal> {
        // Only POST carries messages; the service refuses the rest.
        if head.method != Method::POST {
            return Ok(Operation::default());
        }
        let mut message = Message::read(body)?;
        let call = message.take_call();
        if let Err(response) = message.check_version(&head.headers) {
            return Err(Refusal { response, call });
        }
        if !message.is_call() {
            return Ok(Operation::default());
        }
        let Some(call) = call else {
            return Ok(refuse(INVALID_PARAMS, "tools/call needs the name of a tool", message.id)?);
        };
        Ok(Operation { scopes: (self.scopes_of)(&call.tool), call: Some(call) })
    }
}

/// What the guard reads of a JSON-RPC message. serde refuses a doubled member of those named here.
#[derive(Deserialize)]
struct Message {
    jsonrpc: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Object<Params>,
    #[serde(default, deserialize_with = "present")]
    result: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    error: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Params {
    name: Option<Value>,
    #[serde(default)]
    arguments: Names,
    #[serde(rename = "_meta", default)]
    meta: Object<Meta>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<Value>,
}

impl Message {
    fn read(body: &[u8]) -> Result<Self, Box<Response>> {
        let Ok(text) = std::str::from_utf8(body) else {
            return refuse(PARSE_ERROR, "the body is not UTF-8", None);
        };
        let message: Self = match serde_json::from_str(text) {
            Ok(Object(message)) => message,
            Err(cause) if cause.is_data() => {
                // Echo the id where one can be told (JSON-RPC 2.0 section 5).
                let id = serde_json::from_str::<Value>(text).ok().and_then(|body| body.get("id").cloned());
                return refuse(INVALID_REQUEST, "the body is not one JSON-RPC message without doubled members", id);
            }
            Err(_) => return refuse(PARSE_ERROR, "the body is not JSON", None),
        };
        let invalid = |text| refuse(INVALID_REQUEST, text, message.id.clone());
        if message.jsonrpc != Some(json!("2.0")) {
            return invalid("`jsonrpc` must be \"2.0\"");
        }
        if !matches!(message.id, None | Some(Value::String(_) | Value::Number(_))) {
            return invalid("`id` must be a string or a number");
        }
        if message.method.is_none() && message.result.is_none() && message.error.is_none() {
            return invalid("there is neither a `method` nor a `result` nor an `error`");
        }
        Ok(message)
    }

    fn is_call(&self) -> bool {
        self.method.as_deref() == Some("tools/call")
    }

    /// The call, if it is one and names a tool.
    fn take_call(&mut self) -> Option<Call> {
        if !self.is_call() {
            return None;
        }
        let params = &mut self.params.0;
        let Some(Value::String(tool)) = params.name.take() else {
            return None;
        };
        Some(Call { tool, arguments: std::mem::take(&mut params.arguments.0) })
    }

    /// Refuses a revision that is not on offer. The service would serve those that its library knows.
    fn check_version(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let mut named = headers.get_all(VERSION_HEADER).iter();
        let Some(version) = named.next() else {
            return Ok(());
        };
        if named.next().is_some() {
            let text = "MCP-Protocol-Version must be there once";
            return refuse(HEADER_MISMATCH, text, self.id.clone());
        }
        // `initialize` negotiates, and a version in the body is answered with the list (-32022).
        let negotiates =
            self.method.as_deref() == Some("initialize") || self.params.0.meta.0.protocol_version.is_some();
        let offered = VERSIONS.iter().any(|offered| offered.as_str().as_bytes() == version.as_bytes());
        if negotiates || offered {
            return Ok(());
        }
        let names: Vec<_> = VERSIONS.iter().map(ProtocolVersion::as_str).collect();
        let text = format!("MCP-Protocol-Version must be one of {}", names.join(", "));
        refuse(INVALID_REQUEST, text, self.id.clone())
    }
}

fn refuse<T>(code: i32, message: impl Into<Cow<'static, str>>, id: Option<Value>) -> Result<T, Box<Response>> {
    let message = message.into();
    let mut body = json!({ "jsonrpc": "2.0", "error": { "code": code, "message": message } });
    if let Some(id) = id.filter(|id| id.is_string() || id.is_number()) {
        body["id"] = id;
    }
    Err(Box::new((StatusCode::BAD_REQUEST, Json(body)).into_response()))
}

/// Tells `null` from absence.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A `T` written as an object. serde would also take an array for it, member by position, where what
/// comes after may count the positions differently.
#[derive(Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectReader(PhantomData)).map(Self)
    }
}

struct ObjectReader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectReader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// The names of an object's members, each of which must be there once; none of anything else.
#[derive(Default)]
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesReader).map(Self)
    }
}

struct NamesReader;

impl<'de> Visitor<'de> for NamesReader {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arguments")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut names = std::collections::BTreeSet::new();
        while let Some((name, IgnoredAny)) = members.next_entry::<String, _>()? {
            if !names.insert(name) {
                return Err(de::Error::custom("an argument is there twice"));
            }
        }
        Ok(names.into_iter().collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}
