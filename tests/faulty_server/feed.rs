//! A zone seen through a proxy that changes its audit feed: how a zone's fault is made.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Zone {
    url: String,
    authority: HeaderValue,
    http: reqwest::Client,
    change: fn(&mut Value),
}

/// Serves the zone at `url` through a proxy; the proxy's URL.
pub(crate) async fn serve(url: &str, change: fn(&mut Value)) -> Result<String, Box<dyn std::error::Error>> {
    let authority = url.split_once("://").map_or(url, |(_, authority)| authority);
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let zone = Zone { url: url.to_owned(), authority: HeaderValue::from_str(authority)?, http, change };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let proxy = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(forward).with_state(zone)).await });
    Ok(proxy)
}

async fn forward(State(zone): State<Zone>, request: Request) -> Response {
    match zone.pass_on(request).await {
        Some(response) => response,
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}

impl Zone {
    async fn pass_on(&self, request: Request) -> Option<Response> {
        let (mut head, body) = request.into_parts();
        head.headers.insert(HOST, self.authority.clone());
        let body = to_bytes(body, crate::BODY_AT_MOST).await.ok()?;
        let target = format!("{}{}", self.url, head.uri);
        let answered = self.http.request(head.method, target).headers(head.headers).body(body).send().await.ok()?;
        let mut response = Response::builder().status(answered.status());
        *response.headers_mut()? = answered.headers().clone();
        let mut body = answered.bytes().await.ok()?.to_vec();
        if head.uri.path() == "/events" {
            let mut feed = serde_json::from_slice(&body).ok()?;
            (self.change)(&mut feed);
            body = feed.to_string().into_bytes();
        }
        response.headers_mut()?.remove(CONTENT_LENGTH);
        response.body(Body::from(body)).ok()
    }
}
