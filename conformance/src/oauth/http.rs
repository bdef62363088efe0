//! Requests to authorization servers: bounded, and without redirects, since secrets go out in some of them.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use reqwest::RequestBuilder;
use serde_json::Value;
use url::Url;

use super::OAuthError;
use crate::client::{USER_AGENT, innermost};
use crate::text::quoted;

/// Most of an answer that is read, in bytes.
const BODY_AT_MOST: usize = 512 * 1024;
const TIMEOUT: Duration = Duration::from_secs(20);

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Sends requests to authorization servers.
#[derive(Debug, Clone)]
pub struct Http(reqwest::Client);

impl Http {
    /// A client that follows no redirect and keeps no cookie.
    ///
    /// # Errors
    /// Where the TLS library cannot be set up.
    pub fn new() -> Result<Self, OAuthError> {
        let built = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .build();
        built.map(Self).map_err(|e| OAuthError::NoAnswer { step: "set-up", cause: innermost(&e) })
    }

    /// A GET to be sent.
    pub fn get(&self, url: Url) -> RequestBuilder {
        self.0.get(url)
    }

    /// A POST to be sent.
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.0.post(url)
    }

    /// Sends a request and reads its answer up to the bound.
    ///
    /// # Errors
    /// [`OAuthError::NoAnswer`].
    pub async fn send(&self, step: &'static str, request: RequestBuilder) -> Result<Answer, OAuthError> {
        let failed = |cause: String| OAuthError::NoAnswer { step, cause };
        let mut response = request.send().await.map_err(|e| failed(innermost(&e)))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| failed(innermost(&e)))? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_AT_MOST {
                return Err(failed("more than 512 KiB".to_owned()));
            }
        }
        Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
    }

    /// Sends a request whose answer is JSON.
    ///
    /// # Errors
    /// [`OAuthError`], of OAuth's own where the body has one.
    pub async fn json(&self, step: &'static str, request: RequestBuilder) -> Result<Value, OAuthError> {
        let answer = self.send(step, request).await?;
        let status = answer.status.as_u16();
        let actual = match answer.json().filter(Value::is_object) {
            // Some say so with 200.
            Some(value) if value["error"].is_string() => return Err(refused(step, &value)),
            Some(value) if answer.status.is_success() => return Ok(value),
            // What succeeded in another format (a form, as some token endpoints write) may hold a token.
            None if answer.status.is_success() => {
                let kind = answer.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
                format!("{status} with {} bytes of {}", answer.body.len(), quoted(kind))
            }
            _ => format!("{status} with {}", quoted(String::from_utf8_lossy(&answer.body).trim())),
        };
        Err(OAuthError::unexpected(step, "success with JSON", actual))
    }
}

fn refused(step: &'static str, value: &Value) -> OAuthError {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    OAuthError::Refused { step, error: text("error").unwrap_or_default(), description: text("error_description") }
}

/// A member of an answer that must be there.
pub(super) fn member(answer: &Value, name: &'static str, step: &'static str) -> Result<String, OAuthError> {
    let text = answer[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    text.ok_or_else(|| OAuthError::unexpected(step, name, "an answer without it"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::*;

    async fn answered(kind: &'static str, body: &'static str) -> OAuthError {
        let router = Router::new().route("/", get(move || std::future::ready(([(CONTENT_TYPE, kind)], body))));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = Http::new().unwrap();
        http.json("token", http.get(url)).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_token_that_came_as_no_json_is_not_shown() {
        let error = answered("application/x-www-form-urlencoded", "access_token=secret-word&token_type=bearer").await;
        let expected =
            "token: expected success with JSON, got 200 with 42 bytes of \"application/x-www-form-urlencoded\"";
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn an_error_is_one_whatever_its_status() {
        let error = answered("application/json", r#"{"error": "invalid_grant"}"#).await;
        assert_eq!(error.to_string(), "token: the answer is the error \"invalid_grant\"");
    }
}
