//! A zone of ours, driven over HTTP through its control plane, embedded or remote alike.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::client::innermost;

/// Most of an answer that is read, in bytes.
const BODY_AT_MOST: usize = 8 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(20);

/// Where a zone of ours serves its key set.
const JWKS_PATH: &str = "/openidconnect/jwks";
/// Where it issues tokens.
const TOKEN_PATH: &str = "/oauth/2/token";
/// Where it says whether a token is active.
const INTROSPECTION_PATH: &str = "/oauth/2/introspection";
/// And its metadata, under two names; a server that knows the zone with a final slash asks with two slashes.
const METADATA_PATHS: [&str; 2] = [".well-known/oauth-authorization-server", ".well-known/openid-configuration"];

/// A zone whose control plane answers.
#[derive(Debug, Clone)]
pub struct Zone {
    http: reqwest::Client,
    base: Url,
    control_token: Option<String>,
    info: Info,
    changes: Arc<Mutex<Changes>>,
}

/// What a run has changed at a zone and has yet to take back.
#[derive(Debug, Default)]
struct Changes {
    falsified: BTreeSet<Document>,
    published: Vec<String>,
    token_endpoint_fails: bool,
}

/// A document of the zone that servers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// Its key set.
    Jwks,
    /// Its authorization server metadata.
    Metadata,
    /// What it says of one token (RFC 7662).
    Introspection,
}

impl Document {
    fn fault(self) -> &'static str {
        match self {
            Self::Jwks => "/faults/jwks",
            Self::Metadata => "/faults/discovery",
            Self::Introspection => "/faults/introspection",
        }
    }

    /// Whether this path is one under which the zone serves the document.
    pub fn is_at(self, path: &str) -> bool {
        match self {
            Self::Jwks => path == JWKS_PATH,
            Self::Introspection => path == INTROSPECTION_PATH,
            Self::Metadata => METADATA_PATHS.iter().any(|known| path.trim_start_matches('/') == *known),
        }
    }
}

/// What a zone of ours says of itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Info {
    /// Always `mock-zone`: how a zone of ours is told from any other.
    pub program: String,
    /// The issuer that its tokens carry.
    pub issuer: String,
    /// Its users.
    #[serde(default)]
    pub users: Vec<User>,
}

/// A user of the zone.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// What tokens carry as `sub`.
    pub identifier: String,
    /// What is typed into the sign-in form.
    #[serde(default)]
    pub email: String,
}

/// A signing key, its public half.
#[derive(Debug, Clone, Deserialize)]
pub struct Key {
    /// `kid`.
    pub kid: String,
    /// Whether new tokens are signed with it.
    pub active: bool,
    /// Whether it is in the key set.
    pub published: bool,
    /// The public key as a JWK.
    pub jwk: Value,
    /// The public key as PEM.
    pub pem: String,
}

/// A request that the zone received.
#[derive(Debug, Clone, Deserialize)]
pub struct Received {
    /// Method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// `User-Agent`, where it was sent.
    pub user_agent: Option<String>,
    /// What was asked of the token endpoint.
    pub token: Option<TokenAsked>,
}

impl Received {
    /// Whether somebody else than the suite asked for a token by exchange, or in no way that can be told.
    ///
    /// A POST of which nothing is known yet is still on its way, and so part of a call that is not answered yet.
    pub fn may_be_exchange(&self) -> bool {
        if self.method == "POST" && self.token.is_none() {
            return false;
        }
        let asked = self.token.as_ref().and_then(|asked| asked.grant_type.as_deref());
        let is_ours = self.user_agent.as_deref() == Some(crate::client::USER_AGENT);
        let is_other = matches!(asked, Some("authorization_code" | "refresh_token" | "client_credentials"));
        self.path == TOKEN_PATH && !is_ours && !is_other
    }
}

/// A request to the token endpoint, as far as the zone shows it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenAsked {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `grant_type`.
    pub grant_type: Option<String>,
    /// The names of the parameters, as often as they came.
    pub parameters: Vec<String>,
    /// `subject_token_type`.
    pub subject_token_type: Option<String>,
    /// `actor_token_type`.
    pub actor_token_type: Option<String>,
    /// Each `resource`.
    pub resource: Vec<String>,
    /// `jti` of the subject token.
    pub subject_token_id: Option<String>,
    /// `sub` of the subject token.
    pub subject: Option<String>,
    /// `jti` of what was issued.
    pub issued_token_id: Option<String>,
}

impl TokenAsked {
    /// Whether the parameter came.
    pub fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter == name)
    }
}

/// Why the zone did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ZoneError {
    /// No answer.
    #[error("the zone at {url} did not answer: {cause}; is it running? (`mock-zone` starts one)")]
    NoAnswer {
        /// The zone.
        url: String,
        /// What happened instead.
        cause: String,
    },
    /// An answer, but not a mock zone's.
    #[error("{url} is no mock zone: its control plane answered {actual}")]
    NotOurs {
        /// What was taken for a zone.
        url: String,
        /// Its answer.
        actual: String,
    },
    /// The control plane refused.
    #[error("the zone refused {request}: {actual}")]
    Refused {
        /// What was asked.
        request: String,
        /// Status and message.
        actual: String,
    },
}

impl Zone {
    /// Finds out whether a zone of ours answers at `base`.
    ///
    /// # Errors
    /// [`ZoneError`] where nothing answers, or something else than a mock zone.
    pub async fn connect(base: &Url, control_token: Option<String>) -> Result<Self, ZoneError> {
        let http = reqwest::Client::builder()
            .user_agent(crate::client::USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .map_err(|e| ZoneError::NoAnswer { url: base.to_string(), cause: innermost(&e) })?;
        let placeholder = Info { program: String::new(), issuer: String::new(), users: Vec::new() };
        let mut zone = Self { http, base: base.clone(), control_token, info: placeholder, changes: Arc::default() };
        let not_ours = |actual: String| ZoneError::NotOurs { url: base.to_string(), actual };
        // A mock zone that wants a control token, or another host name, says so, and says that it is one.
        let is_ours = |refusal: &str| refusal.contains("mock zone") || refusal.contains("MOCK_ZONE_CONTROL_TOKEN");
        let value = zone.control(Method::GET, "", None).await.map_err(|e| match e {
            ZoneError::Refused { actual, .. } if !is_ours(&actual) => not_ours(actual),
            other => other,
        })?;
        zone.info =
            serde_json::from_value(value).map_err(|e| not_ours(format!("200 without a zone's description ({e})")))?;
        if zone.info.program == "mock-zone" {
            return Ok(zone);
        }
        Err(not_ours(format!("as {}", crate::text::quoted(&zone.info.program))))
    }

    /// What the zone says of itself.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The issuer that its tokens carry.
    pub fn issuer(&self) -> &str {
        &self.info.issuer
    }

    /// A URL of the zone.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}{path}"));
        url
    }

    /// Signs exactly this header and these claims, with the key that the header's `kid` names.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn sign(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> Result<String, ZoneError> {
        let key = header.get("kid").filter(|k| k.is_string()).map_or(json!("active"), |kid| json!({"kid": kid}));
        self.mint(&json!({"header": header, "claims": claims, "key": key})).await
    }

    /// Makes any token; the body is the control plane's.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn mint(&self, body: &Value) -> Result<String, ZoneError> {
        let answer = self.control(Method::POST, "/tokens", Some(body)).await?;
        member(&answer, "token")
    }

    /// Has the zone say of a token, from now on, that it is not active.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn revoke(&self, token: &str) -> Result<(), ZoneError> {
        self.control(Method::POST, "/tokens/revoke", Some(&json!({"token": token}))).await.map(drop)
    }

    /// Every key of the zone.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn keys(&self) -> Result<Vec<Key>, ZoneError> {
        let mut answer = self.control(Method::GET, "/keys", None).await?;
        serde_json::from_value(answer["keys"].take()).map_err(|e| refused("keys", e.to_string()))
    }

    /// The key that signs new tokens.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn active_key(&self) -> Result<Key, ZoneError> {
        let mut keys = self.keys().await?;
        keys.retain(|k| k.active);
        keys.pop().ok_or_else(|| refused("keys", "no active key".to_owned()))
    }

    /// Publishes one more key beside those that are there, which go on signing; its `kid`.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn publish_key(&self) -> Result<String, ZoneError> {
        let answer = self.control(Method::POST, "/keys/rotate", Some(&json!({"activate": false}))).await?;
        let kid = member(&answer, "kid")?;
        self.changes().published.push(kid.clone());
        Ok(kid)
    }

    /// Lets the zone answer a request for a document otherwise, as its control plane's `fault` says, until
    /// [`mend`](Self::mend), and for so long at most: nobody may be there to mend it.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn falsify(&self, document: Document, mut fault: Value, at_most: Duration) -> Result<(), ZoneError> {
        self.changes().falsified.insert(document);
        fault["for_ms"] = crate::transcript::millis(at_most).into();
        self.control(Method::PUT, document.fault(), Some(&fault)).await.map(drop)
    }

    /// The zone's true metadata, as long as nothing falsifies it.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn metadata(&self) -> Result<Value, ZoneError> {
        let answered = read(self.http.get(self.url("/.well-known/oauth-authorization-server"))).await;
        let (status, body) = answered.map_err(|cause| ZoneError::NoAnswer { url: self.base.to_string(), cause })?;
        serde_json::from_slice(&body).map_err(|_| refused("the zone's metadata", refusal(status, &body)))
    }

    /// Gives the true document back.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn mend(&self, document: Document) -> Result<(), ZoneError> {
        self.control(Method::DELETE, document.fault(), Some(&json!({}))).await?;
        self.changes().falsified.remove(&document);
        Ok(())
    }

    /// Lets the token endpoint fail as the control plane's `fault` says, until
    /// [`mend_token_endpoint`](Self::mend_token_endpoint), and for so long at most.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn fail_token_endpoint(&self, mut fault: Value, at_most: Duration) -> Result<(), ZoneError> {
        self.changes().token_endpoint_fails = true;
        fault["for_ms"] = crate::transcript::millis(at_most).into();
        self.control(Method::PUT, "/faults/token", Some(&fault)).await.map(drop)
    }

    /// Lets the token endpoint issue tokens again.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn mend_token_endpoint(&self) -> Result<(), ZoneError> {
        self.control(Method::DELETE, "/faults/token", Some(&json!({}))).await?;
        self.changes().token_endpoint_fails = false;
        Ok(())
    }

    /// Takes back what a run changed and others would notice: a false document, keys of ours in the key set.
    ///
    /// # Errors
    /// [`ZoneError`], of the first thing that could not be taken back.
    pub async fn restore(&self) -> Result<(), ZoneError> {
        let falsified = self.changes().falsified.clone();
        let mut restored = Ok(());
        for document in falsified {
            restored = restored.and(self.mend(document).await);
        }
        let token_endpoint_fails = self.changes().token_endpoint_fails;
        if token_endpoint_fails {
            restored = restored.and(self.mend_token_endpoint().await);
        }
        let published = std::mem::take(&mut self.changes().published);
        for kid in published {
            let retired = self.control(Method::POST, &format!("/keys/{kid}/retire"), Some(&json!({}))).await;
            restored = restored.and(retired.map(drop));
        }
        restored
    }

    /// The sequence number of the last request that the zone received.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn last_request(&self) -> Result<u64, ZoneError> {
        let answer = self.control(Method::GET, &format!("/requests?after={}", u64::MAX >> 1), None).await?;
        answer["last"].as_u64().ok_or_else(|| refused("requests", "no number in last".to_owned()))
    }

    /// The requests that the zone received after a sequence number.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn requests_after(&self, sequence: u64) -> Result<Vec<Received>, ZoneError> {
        let mut answer = self.control(Method::GET, &format!("/requests?after={sequence}"), None).await?;
        serde_json::from_value(answer["requests"].take()).map_err(|e| refused("requests", e.to_string()))
    }

    /// Whether anybody but the suite asked for a document after a sequence number.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn was_asked_for(&self, document: Document, after: u64) -> Result<bool, ZoneError> {
        let is_ours = |r: &Received| r.user_agent.as_deref() == Some(crate::client::USER_AGENT);
        let requests = self.requests_after(after).await?;
        Ok(requests.iter().any(|r| document.is_at(&r.path) && !is_ours(r)))
    }

    /// Registers a resource, or finds it registered.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn register_resource(&self, identifier: &str) -> Result<(), ZoneError> {
        let body = json!({"identifier": identifier, "name": "Server under test"});
        self.control(Method::POST, "/resources", Some(&body)).await.map(drop)
    }

    /// Says which client provides a resource, and so may exchange the tokens for it.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn let_provide(&self, client_id: &str, identifier: &str) -> Result<(), ZoneError> {
        let body = json!({"identifier": identifier, "application": client_id});
        self.control(Method::POST, "/resources", Some(&body)).await.map(drop)
    }

    /// Makes a confidential client, which may get tokens for these resources; its id and secret.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn create_client(&self, name: &str, resources: &[&str]) -> Result<(String, String), ZoneError> {
        let body = json!({"name": name, "resources": resources});
        let answer = self.control(Method::POST, "/clients", Some(&body)).await?;
        Ok((member(&answer, "client_id")?, member(&answer, "client_secret")?))
    }

    /// Makes a user who can sign in.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn create_user(&self, email: &str, password: &str) -> Result<String, ZoneError> {
        let answer = self.control(Method::POST, "/users", Some(&json!({"email": email, "password": password}))).await?;
        member(&answer, "identifier")
    }

    /// The audit events that name this client, oldest first.
    ///
    /// The feed is the zone's own, so it wants a token for itself (`<issuer>/events`), which is minted here.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub async fn events_of_client(&self, client_id: &str) -> Result<Vec<Value>, ZoneError> {
        let now = crate::survey::now();
        let claims = json!({
            "iss": self.issuer(),
            "aud": format!("{}/events", self.issuer()),
            "sub": "conformance",
            "sub_profile": "app",
            "client_id": "conformance",
            "iat": now,
            "exp": now + 300,
            "jti": crate::survey::random_id(),
        });
        let token = self.mint(&json!({"claims": claims})).await?;
        let mut url = self.url("/events");
        url.query_pairs_mut().append_pair("client_id", client_id).append_pair("limit", "100");
        let answered = read(self.http.get(url).bearer_auth(token)).await;
        let (status, body) = answered.map_err(|cause| ZoneError::NoAnswer { url: self.base.to_string(), cause })?;
        if !status.is_success() {
            return Err(refused("GET /events", refusal(status, &body)));
        }
        let feed: Value = serde_json::from_slice(&body).map_err(|e| refused("GET /events", e.to_string()))?;
        let events = feed["events"].as_array().cloned();
        events.ok_or_else(|| refused("GET /events", "an answer without events".to_owned()))
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ZoneError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut url = self.url(&format!("/_control{path}"));
        url.set_query(Some(query).filter(|q| !q.is_empty()));
        let mut request = self.http.request(method.clone(), url);
        if let Some(token) = &self.control_token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let (status, body) =
            read(request).await.map_err(|cause| ZoneError::NoAnswer { url: self.base.to_string(), cause })?;
        if !status.is_success() {
            return Err(refused(&format!("{method} /_control{path}"), refusal(status, &body)));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body)
            .map_err(|_| refused(&format!("{method} /_control{path}"), format!("{status} without JSON")))
    }
}

fn member(answer: &Value, name: &str) -> Result<String, ZoneError> {
    let text = answer[name].as_str().map(str::to_owned);
    text.ok_or_else(|| refused("a control request", format!("no {name} in the answer")))
}

fn refused(request: &str, actual: String) -> ZoneError {
    ZoneError::Refused { request: request.to_owned(), actual }
}

fn refusal(status: StatusCode, body: &[u8]) -> String {
    let message = serde_json::from_slice::<Value>(body).ok().and_then(|v| v["message"].as_str().map(str::to_owned));
    match message {
        Some(message) => format!("{}: {}", status.as_u16(), crate::text::printable(&message)),
        None => status.to_string(),
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
    let mut response = request.send().await.map_err(|e| innermost(&e))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| innermost(&e))? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_AT_MOST {
            return Err("more than 8 MiB".to_owned());
        }
    }
    Ok((response.status(), body))
}
