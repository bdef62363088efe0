//! What our programs stand on, for ci/bench to measure beside them:  `bare [PORT]`
//!
//! Every path answers a few bytes with nothing looked up, verified or signed: axum alone. `/mcp` is the reference server's
//! MCP service without its guard. It says `URL=` once it listens.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use reference_server::tools::Tools;
use reference_server::{Config, mcp_service};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).map_or(0, |port| port.parse().expect("PORT is a number"));
    let config = Config::new("http://localhost").expect("the zone is never asked");
    let app = Router::new()
        .route_service("/mcp", mcp_service(&config, Tools::new()))
        // The body is read, as whoever answers a form has to.
        .fallback(async |_: Bytes| ([(CONTENT_TYPE, "application/json")], r#"{"hello":"world"}"#));

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("the port is free");
    println!("URL=http://{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, app).await.expect("it serves until it is killed");
}
