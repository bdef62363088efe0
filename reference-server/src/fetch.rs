//! What we ask others for: the zone's documents, an exchange, and an API behind us. Small, soon, and without a detour.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use url::Url;

use crate::config::ClientCredentials;

/// To open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For one document as a whole, however slowly it comes.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);
/// A key set of a hundred keys has 50 KiB.
const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// Why a document did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{url} could not be fetched")]
    Transport {
        url: Url,
        #[source]
        source: reqwest::Error,
    },
    #[error("{url} answered {status}, and 200 was expected")]
    Status { url: Url, status: u16 },
    #[error("{url} answered more than {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge { url: Url },
    #[error("{url} did not answer JSON")]
    NotJson {
        url: Url,
        #[source]
        source: serde_json::Error,
    },
}

/// A client that follows no redirect, asks no proxy of the environment, and waits for nothing long.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher(reqwest::Client);

impl Fetcher {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        reqwest::Client::builder()
            .user_agent(concat!("reference-server/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()
            .map(Self)
    }

    pub(crate) async fn json(&self, url: &Url) -> Result<Value, FetchError> {
        let transport = |source| FetchError::Transport { url: url.clone(), source };
        let response =
            self.0.get(url.clone()).header(http::header::ACCEPT, "application/json").send().await.map_err(transport)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status { url: url.clone(), status: response.status().as_u16() });
        }
        let document = read(url, response).await?;
        serde_json::from_slice(&document).map_err(|source| FetchError::NotJson { url: url.clone(), source })
    }

    /// Sends a form as this client, whose id and secret go as they are: the zone does not decode them (RFC 6749 section
    /// 2.3.1 would have it so). The status, and the answer as JSON; null where it is none.
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        client: &ClientCredentials,
        form: &[(&str, &str)],
    ) -> Result<(StatusCode, Value), FetchError> {
        let request = self.0.post(url.clone()).basic_auth(&client.client_id, Some(client.secret())).form(form);
        let response = request.send().await.map_err(|source| FetchError::Transport { url: url.clone(), source })?;
        let status = response.status();
        let answer = read(url, response).await?;
        Ok((status, serde_json::from_slice(&answer).unwrap_or_default()))
    }

    /// The status and the text at `url`, asked for with a bearer token.
    pub(crate) async fn text(&self, url: &Url, token: &str) -> Result<(StatusCode, String), FetchError> {
        let request = self.0.get(url.clone()).bearer_auth(token);
        let response = request.send().await.map_err(|source| FetchError::Transport { url: url.clone(), source })?;
        let status = response.status();
        Ok((status, String::from_utf8_lossy(&read(url, response).await?).into_owned()))
    }
}

async fn read(url: &Url, mut response: reqwest::Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    let transport = |source| FetchError::Transport { url: url.clone(), source };
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > MAX_DOCUMENT_BYTES {
            return Err(FetchError::TooLarge { url: url.clone() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
