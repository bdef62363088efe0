//! An MCP server of rmcp, behind the layer of tower-oauth2-resource-server.

use std::{env, error::Error, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    http::{Response, StatusCode, header::WWW_AUTHENTICATE},
    routing::get,
};
use rmcp::{
    ServerHandler,
    handler::server::wrapper::Parameters,
    model::{Implementation, ServerCapabilities, ServerConfig},
    schemars, tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tower_oauth2_resource_server::{
    error::AuthError, error_handler::ErrorHandler, server::OAuth2ResourceServer, tenant::TenantConfiguration,
};

#[derive(Clone)]
struct HelloWorld;

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Greeting {
    /// Name to greet
    name: String,
}

#[tool_router]
impl HelloWorld {
    /// Say hello to an authenticated user.
    #[tool]
    fn hello_world(&self, Parameters(Greeting { name }): Parameters<Greeting>) -> String {
        format!("Hello, {name}! You are authenticated.")
    }
}

#[tool_handler]
impl ServerHandler for HelloWorld {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("Hello World Server", "1.0.0"))
    }
}

/// Answers as the layer does by itself, and says where to sign in, which the layer cannot know.
struct Challenge {
    metadata_url: String,
}

impl ErrorHandler<Body> for Challenge {
    fn map_error(&self, error: AuthError) -> Response<Body> {
        let metadata = format!(r#"resource_metadata="{}""#, self.metadata_url);
        let challenge = match error {
            AuthError::MissingAuthorizationHeader | AuthError::InvalidAuthorizationHeader => {
                format!("Bearer {metadata}")
            }
            _ => format!(r#"Bearer error="invalid_token", {metadata}"#),
        };
        Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header(WWW_AUTHENTICATE, challenge)
            .body(Body::empty())
            .expect("a URL is a header value")
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let zone = env::var("KEYCARD_ZONE_URL")?;
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let origin = env::var("MCP_SERVER_URL").unwrap_or_else(|_| format!("http://localhost:{port}"));
    let resource = format!("{origin}/mcp");

    let tenant = TenantConfiguration::builder(&zone).audiences(&[&resource]).build().await?;
    let auth = <OAuth2ResourceServer>::builder().add_tenant(tenant).build().await?;
    let challenge = Challenge { metadata_url: format!("{origin}/.well-known/oauth-protected-resource/mcp") };

    let mcp = StreamableHttpService::new(
        || Ok(HelloWorld),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let metadata = json!({
        "resource": resource,
        "authorization_servers": [zone],
        "bearer_methods_supported": ["header"],
        "resource_name": "Hello World MCP Server",
    });
    let app = Router::new()
        .nest_service("/mcp", mcp)
        .layer(auth.into_layer_with_error_handler(Arc::new(challenge)))
        .route("/.well-known/oauth-protected-resource/mcp", get(async move || Json(metadata)));

    let listener = TcpListener::bind(format!("localhost:{port}")).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
