//! A protected MCP server to read in one sitting, and inside it a layer that protects any axum service.
//!
//! A request passes three questions, and each has its place here: *what did it present*
//! ([`credentials`]), *is that a token for us* ([`verify`], with its [`rules`] and [`keys`]), and
//! *does the token reach far enough for this operation* ([`policy`]). [`guard`] asks them in that
//! order, [`challenge`] holds every refusal that can come out, and [`audit`] the record of each
//! call, which is kept before the call is answered. A tool that calls an API behind this server does so by [`downstream`],
//! and never with the caller's token. [`server`] puts the guard before the MCP service of [`mcp`] and its [`tools`].
//!
//! # Protecting a service that is no MCP server
//!
//! ```no_run
//! use std::sync::Arc;
//! use axum::{Extension, Router, http::request::Parts, routing::get};
//! use reference_server::{
//!     Guard, ProtectedResource, Scopes, SystemClock, VerifiedToken, ZoneKeys, ZoneVerifier,
//!     server, verify::Caller,
//! };
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let zone = "https://abcdefghij0123456789klmnop.keycard.cloud";
//! let resource = ProtectedResource::new("https://api.example.com/reports", zone)?
//!     .with_scopes(Scopes::parse("reports:read reports:write"));
//!
//! let clock = Arc::new(SystemClock);
//! let keys = ZoneKeys::new(zone, clock.clone())?;
//! let verifier = ZoneVerifier::new(zone, resource.identifier(), keys, clock);
//!
//! // All the scopes that one request needs, told from its method and path.
//! let guard = Guard::new(&resource, verifier, |request: &Parts| {
//!     Scopes::parse(if request.method.is_safe() { "reports:read" } else { "reports:write" })
//! });
//!
//! let reports = get(|Extension(caller): Extension<VerifiedToken>| async move {
//!     format!("reports of {}", caller.subject())
//! });
//! let app = Router::new()
//!     .route("/reports", reports)
//!     .layer(guard)
//!     .merge(resource.router()); // the metadata needs no token
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! // As `axum::serve`, with bounds on connections; until a future of yours says stop.
//! server::serve(vec![listener], app, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

pub mod audit;
pub mod challenge;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod downstream;
mod fetch;
#[cfg(test)]
mod fixture;
pub mod guard;
pub mod jws;
pub mod keys;
mod listen;
mod masked;
pub mod mcp;
pub mod policy;
pub mod ports;
pub mod resource;
pub mod rules;
pub mod scopes;
pub mod server;
pub mod strict_json;
pub mod tools;
mod trail;
pub mod verify;

pub use audit::{AuditRecord, AuditSink};
pub use config::Config;
pub use downstream::{SubjectToken, Upstream, UpstreamError};
pub use guard::Guard;
pub use keys::ZoneKeys;
pub use mcp::{McpPolicy, mcp_service};
pub use policy::{Call, Operation, Policy, Refusal};
pub use ports::{Clock, Entropy, Ports, SystemClock};
pub use resource::ProtectedResource;
pub use scopes::Scopes;
pub use server::{ReferenceServer, app};
pub use tools::Tools;
pub use verify::{Caller, InvalidToken, VerifiedToken, Verifier, VerifyError, ZoneVerifier};
