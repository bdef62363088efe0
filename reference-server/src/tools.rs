//! The tools, each beside the scopes that it requires.
//!
//! The scopes are in the tool's own description, under [`REQUIRED_SCOPES`], so a client sees before
//! the call what the call will need, and the guard reads the very same list.

use std::{borrow::Cow, sync::Arc};

use http::request::Parts;
use rmcp::{
    ErrorData, ServerHandler,
    handler::server::{router::tool::ToolRouter, tool::Extension, wrapper::Parameters},
    model::{
        CallToolResult, ContentBlock, Implementation, MetaObject, ProtocolVersion, ServerCapabilities, ServerConfig,
        Tool,
    },
    schemars, tool, tool_handler, tool_router,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    config::Config,
    downstream::{Delegation, SubjectToken, Upstream},
    mcp,
    rules::Identity,
    scopes::Scopes,
    verify::Caller,
};

/// The member of a tool's `_meta` that lists the scopes.
pub const REQUIRED_SCOPES: &str = "requiredScopes";

/// The server's tools. Clones share them.
#[derive(Clone)]
pub struct Tools {
    router: Arc<ToolRouter<Self>>,
    upstream: Option<Arc<dyn Upstream>>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Greeting {
    /// Name to greet
    name: String,
}

#[tool_router]
impl Tools {
    /// Say hello to an authenticated user.
    #[tool(annotations(read_only_hint = true))]
    fn hello_world(Parameters(Greeting { name }): Parameters<Greeting>) -> String {
        format!("Hello, {name}! You are authenticated.")
    }

    /// Show who calls: subject, client and scopes, as verified.
    #[tool(annotations(read_only_hint = true))]
    fn whoami(Extension(head): Extension<Parts>) -> Result<CallToolResult, ErrorData> {
        let caller = head
            .extensions
            .get::<Identity>()
            .ok_or_else(|| ErrorData::internal_error("this server runs without its guard", None))?;
        Ok(CallToolResult::structured(json!({
            "subject": caller.subject(),
            "client_id": caller.client_id(),
            "scopes": caller.scopes(),
        })))
    }

    /// Read the quarterly report.
    #[tool(annotations(read_only_hint = true), meta = requires("reports:read"))]
    fn read_report() -> String {
        "Quarterly report: 4,211 calls, every one of them by somebody we know.".to_owned()
    }

    /// Ask the API behind this server, on the caller's behalf.
    #[tool(annotations(read_only_hint = true, open_world_hint = true))]
    async fn fetch_upstream(&self, Extension(head): Extension<Parts>) -> Result<CallToolResult, ErrorData> {
        let (Some(upstream), Some(token)) = (&self.upstream, head.extensions.get::<SubjectToken>()) else {
            return Err(ErrorData::internal_error("there is no token to exchange", None));
        };
        Ok(match upstream.fetch(token).await {
            Ok(answer) => CallToolResult::success(vec![ContentBlock::text(answer)]),
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        })
    }
}

fn requires(scopes: &str) -> MetaObject {
    let mut meta = MetaObject::new();
    meta.insert(REQUIRED_SCOPES.to_owned(), json!(Scopes::parse(scopes)));
    meta
}

/// The tool that calls another API.
const FETCH_UPSTREAM: &str = "fetch_upstream";

impl Tools {
    /// Those that call no other API.
    pub fn new() -> Self {
        let mut router = Self::tool_router();
        router.remove_route(FETCH_UPSTREAM);
        Self { router: Arc::new(router), upstream: None }
    }

    /// All of them, the one that calls this API included.
    pub fn with_upstream(upstream: impl Upstream) -> Self {
        Self { router: Arc::new(Self::tool_router()), upstream: Some(Arc::new(upstream)) }
    }

    /// Those of this configuration.
    pub fn of(config: &Config) -> Result<Self, reqwest::Error> {
        Ok(Delegation::of(config)?.map_or_else(Self::new, Self::with_upstream))
    }

    /// Whether any of them exchanges its caller's token.
    pub fn delegate(&self) -> bool {
        self.upstream.is_some()
    }

    /// All scopes that the tool of this name requires; none also for a tool that does not exist.
    pub fn required_scopes(&self, name: &str) -> Scopes {
        self.router.get(name).map(required_scopes).unwrap_or_default()
    }

    /// All scopes that any tool requires.
    pub fn all_scopes(&self) -> Scopes {
        let tools = self.router.list_all();
        let scopes: Vec<_> = tools.iter().map(required_scopes).collect();
        scopes.iter().flat_map(Scopes::iter).collect()
    }
}

impl Default for Tools {
    fn default() -> Self {
        Self::new()
    }
}

fn required_scopes(tool: &Tool) -> Scopes {
    let listed = tool.meta.as_ref().and_then(|meta| meta.get(REQUIRED_SCOPES)?.as_array());
    listed.into_iter().flatten().filter_map(|scope| scope.as_str()).collect()
}

#[tool_handler(router = self.router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("Hello World Server", env!("CARGO_PKG_VERSION")))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(mcp::VERSIONS)
    }
}
