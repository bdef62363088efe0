//! A zone, and a client that speaks to it over HTTP as anyone would.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_zone::{Config, MockZone};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;

pub(crate) struct Zone {
    zone: MockZone,
    pub(crate) http: Client,
}

impl Zone {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self { zone: MockZone::start(config).await.unwrap(), http: client() }
    }

    pub(crate) fn url(&self) -> &str {
        self.zone.url()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url())
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.at(path)).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.http.post(self.at(path)).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.http.put(self.at(path)).json(&body)).await
    }

    pub(crate) async fn minted(&self, body: Value) -> String {
        let (status, answer) = self.post("/_control/tokens", body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }
}

/// A client that follows no redirect, so that a test sees each one.
pub(crate) fn client() -> Client {
    Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap()
}

/// The status and the JSON body, null if there is none.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// A token's header and claims, not verified.
pub(crate) fn decoded(token: &str) -> (Value, Value) {
    let part = |n: usize| {
        let segment = token.split('.').nth(n).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
    };
    (part(0), part(1))
}
