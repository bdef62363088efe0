//! The two documents we ask the zone for: small, soon, and from the zone alone.

use std::time::Duration;

use serde_json::Value;
use url::Url;

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
        let mut response =
            self.0.get(url.clone()).header(http::header::ACCEPT, "application/json").send().await.map_err(transport)?;
        if response.status() != http::StatusCode::OK {
            return Err(FetchError::Status { url: url.clone(), status: response.status().as_u16() });
        }
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            if document.len() + chunk.len() > MAX_DOCUMENT_BYTES {
                return Err(FetchError::TooLarge { url: url.clone() });
            }
            document.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&document).map_err(|source| FetchError::NotJson { url: url.clone(), source })
    }
}
