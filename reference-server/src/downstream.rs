//! Calls to an API behind this server, on the caller's behalf.
//!
//! The caller's token is for this server alone: it is exchanged at the zone for one of that API (RFC 8693), for each call
//! anew, and goes nowhere else. Where there is no such token there is no call.

use std::fmt;

use async_trait::async_trait;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use crate::{
    config::{ClientCredentials, Config},
    credentials::{Presented, presented},
    fetch::{FetchError, Fetcher},
    keys::metadata_url,
};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The longest error code of the zone's that is repeated.
const MAX_CODE_BYTES: usize = 64;

/// An API that tools call on their callers' behalf.
#[async_trait]
pub trait Upstream: Send + Sync + 'static {
    /// What the API says to whom this token is about.
    async fn fetch(&self, subject_token: &SubjectToken) -> Result<String, UpstreamError>;
}

/// The token of a caller who was let in, to be exchanged for another. No output shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectToken(String);

impl SubjectToken {
    /// The token of a request that still has its `Authorization` field.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        match presented(headers) {
            Presented::Bearer(token) => Some(Self(token.to_owned())),
            Presented::Nothing | Presented::Malformed => None,
        }
    }

    /// The token, for the zone alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SubjectToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[masked]")
    }
}

/// Why a call came to nothing. The text is for the caller: nothing of a token or secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The zone could not be asked.
    #[error("the zone could not be asked for a token of the upstream API")]
    Zone,
    /// The zone said no.
    #[error("the zone gave no token for the upstream API: {code}")]
    Refused {
        /// Its error code (RFC 6749 section 5.2).
        code: String,
    },
    /// The API could not be asked.
    #[error("the upstream API could not be asked")]
    Api,
    /// The API said no.
    #[error("the upstream API answered {status}")]
    Status {
        /// With this status.
        status: u16,
    },
}

/// The zone's token exchange in front of one API.
#[derive(Debug)]
pub struct Delegation {
    fetcher: Fetcher,
    zone_url: String,
    credentials: ClientCredentials,
    /// The API's URL, which is its resource identifier, letter by letter.
    resource: String,
    url: Url,
    token_endpoint: OnceCell<Url>,
}

impl Delegation {
    /// The delegation of this configuration; none without an upstream, or without credentials for the exchange.
    pub fn of(config: &Config) -> Result<Option<Self>, reqwest::Error> {
        let (Some(upstream), Some(credentials)) = (&config.upstream, &config.credentials) else {
            return Ok(None);
        };
        Ok(Some(Self {
            fetcher: Fetcher::new()?,
            zone_url: config.zone_url().to_owned(),
            credentials: credentials.clone(),
            resource: upstream.as_str().to_owned(),
            url: upstream.url().clone(),
            token_endpoint: OnceCell::new(),
        }))
    }

    /// A token for the API and this caller. None is kept: what is kept can be given to somebody else.
    async fn exchange(&self, subject_token: &SubjectToken) -> Result<String, UpstreamError> {
        let endpoint = self.token_endpoint.get_or_try_init(|| self.discover()).await.map_err(|error| {
            tracing::warn!(%error, "the zone's token endpoint cannot be had");
            UpstreamError::Zone
        })?;
        let form = [
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", subject_token.reveal()),
            ("subject_token_type", ACCESS_TOKEN),
            ("resource", &self.resource),
        ];
        let answered = self.fetcher.post_form(endpoint, &self.credentials, &form).await;
        let (status, answer) = answered.map_err(|error| {
            tracing::warn!(%error, "the zone could not be asked for an exchange");
            UpstreamError::Zone
        })?;
        match answer.get("access_token").and_then(Value::as_str) {
            Some(token) if status == StatusCode::OK && !token.is_empty() => Ok(token.to_owned()),
            _ => Err(UpstreamError::Refused { code: error_code(&answer) }),
        }
    }

    /// The zone's token endpoint: of the zone's own origin, since the client secret goes there.
    async fn discover(&self) -> Result<Url, DiscoveryError> {
        let url = metadata_url(&self.zone_url).ok_or(DiscoveryError::NotTheZones)?;
        let metadata = self.fetcher.json(&url).await?;
        let is_the_zones = metadata.get("issuer").and_then(Value::as_str) == Some(self.zone_url.as_str());
        let endpoint = metadata.get("token_endpoint").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
        endpoint.filter(|endpoint| is_the_zones && endpoint.origin() == url.origin()).ok_or(DiscoveryError::NotTheZones)
    }
}

#[derive(Debug, thiserror::Error)]
enum DiscoveryError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the metadata names another issuer, or no token endpoint of the zone's own origin")]
    NotTheZones,
}

#[async_trait]
impl Upstream for Delegation {
    async fn fetch(&self, subject_token: &SubjectToken) -> Result<String, UpstreamError> {
        let token = self.exchange(subject_token).await?;
        let (status, body) = self.fetcher.text(&self.url, &token).await.map_err(|error| {
            tracing::warn!(%error, "the upstream API could not be asked");
            UpstreamError::Api
        })?;
        if status == StatusCode::OK { Ok(body) } else { Err(UpstreamError::Status { status: status.as_u16() }) }
    }
}

/// The zone's error code, where it is one.
fn error_code(answer: &Value) -> String {
    let is_code = |code: &&str| {
        !code.is_empty() && code.len() <= MAX_CODE_BYTES && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let code = answer.get("error").and_then(Value::as_str).filter(is_code);
    code.unwrap_or("it did not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{
        Json, Router,
        extract::State,
        routing::{get, post},
    };
    use serde_json::json;

    use super::*;

    /// A zone and an API at one origin, and what they were asked.
    #[derive(Clone)]
    struct World {
        origin: String,
        /// What the token endpoint answers.
        answer: Arc<Mutex<(StatusCode, Value)>>,
        /// Each request to the token endpoint, and each `Authorization` of the API's.
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl World {
        async fn start(token_endpoint: Option<&str>) -> Self {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let origin = format!("http://{}", listener.local_addr().unwrap());
            let endpoint = token_endpoint.map_or_else(|| format!("{origin}/token"), str::to_owned);
            let metadata = json!({ "issuer": origin, "token_endpoint": endpoint });
            let right = (StatusCode::OK, json!({ "access_token": "token-for-the-api" }));
            let world = Self { origin, answer: Arc::new(Mutex::new(right)), seen: Arc::default() };
            let router = Router::new()
                .route("/.well-known/oauth-authorization-server", get(async move || Json(metadata)))
                .route("/token", post(token))
                .route("/api", get(api))
                .with_state(world.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
            world
        }

        fn delegation(&self) -> Delegation {
            let mut config = Config::new(&self.origin).unwrap().with_upstream(&format!("{}/api", self.origin)).unwrap();
            config.credentials = Some(ClientCredentials::new("id".to_owned(), "hidden".to_owned()));
            Delegation::of(&config).unwrap().unwrap()
        }

        fn answers(&self, status: StatusCode, answer: Value) {
            *self.answer.lock().unwrap() = (status, answer);
        }
    }

    async fn token(State(world): State<World>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
        world.seen.lock().unwrap().push(format!("{} {body}", headers["authorization"].to_str().unwrap()));
        let (status, answer) = world.answer.lock().unwrap().clone();
        (status, Json(answer))
    }

    async fn api(State(world): State<World>, headers: HeaderMap) -> &'static str {
        world.seen.lock().unwrap().push(headers["authorization"].to_str().unwrap().to_owned());
        "what the API says"
    }

    fn caller() -> SubjectToken {
        SubjectToken("callers-own-token".to_owned())
    }

    #[tokio::test]
    async fn the_api_sees_the_exchanged_token_and_the_zone_the_callers() {
        let world = World::start(None).await;
        let delegation = world.delegation();
        assert_eq!(delegation.fetch(&caller()).await.unwrap(), "what the API says");
        assert_eq!(delegation.fetch(&caller()).await.unwrap(), "what the API says");

        let seen = world.seen.lock().unwrap();
        assert!(seen[0].starts_with("Basic aWQ6aGlkZGVu "), "{}", seen[0]);
        let resource: String =
            url::form_urlencoded::byte_serialize(format!("{}/api", world.origin).as_bytes()).collect();
        let sent = [
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=callers-own-token",
            "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&resource=",
        ];
        assert!(seen[0].ends_with(&format!("{}{resource}", sent.concat())), "{}", seen[0]);
        assert_eq!(seen[1], "Bearer token-for-the-api");
        // Nothing was kept from the first call.
        assert_eq!(seen.len(), 4);
    }

    #[tokio::test]
    async fn where_the_exchange_fails_nothing_is_called() {
        let world = World::start(None).await;
        let delegation = world.delegation();
        for (status, answer, says) in [
            (StatusCode::BAD_REQUEST, json!({ "error": "invalid_target" }), "invalid_target"),
            (StatusCode::BAD_REQUEST, json!({ "error": "callers-own-token" }), "did not say why"),
            (StatusCode::BAD_REQUEST, json!({ "access_token": "a" }), "did not say why"),
            (StatusCode::INTERNAL_SERVER_ERROR, json!({}), "did not say why"),
            (StatusCode::OK, json!({ "access_token": "" }), "did not say why"),
            (StatusCode::OK, json!([]), "did not say why"),
        ] {
            world.answers(status, answer);
            let refused = delegation.fetch(&caller()).await.unwrap_err().to_string();
            assert!(refused.contains(says), "{refused}");
            assert!(!refused.contains("own-token") && !refused.contains("hidden"), "{refused}");
        }
        assert!(!world.seen.lock().unwrap().iter().any(|asked| asked.starts_with("Bearer")));
    }

    #[tokio::test]
    async fn the_secret_goes_to_the_zones_own_origin_alone() {
        let elsewhere = World::start(None).await;
        let world = World::start(Some(&format!("{}/token", elsewhere.origin))).await;
        assert!(matches!(world.delegation().fetch(&caller()).await, Err(UpstreamError::Zone)));
        assert!(elsewhere.seen.lock().unwrap().is_empty());
    }

    #[test]
    fn no_token_is_shown() {
        assert_eq!(format!("{:?}", caller()), "[masked]");
    }

    #[test]
    fn without_credentials_there_is_nothing_to_exchange_with() {
        let config = Config::new("http://localhost:9400").unwrap().with_upstream("http://localhost:9500/").unwrap();
        assert!(Delegation::of(&config).unwrap().is_none());
    }
}
