//! The one way in which the zone fetches what somebody else's URL names: client metadata and key sets.
//!
//! Whoever supplies a URL would otherwise make the zone ask, from where it stands, for what they cannot reach themselves.
//! So: https, or http to this machine; no redirect and no proxy; a small answer, and soon; and the address connected to is
//! public, or loopback where that is allowed.

mod address;
mod freshness;
mod resolver;

use std::collections::HashMap;
use std::error::Error as _;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, redirect};
use serde_json::{Map, Value};
use tokio::sync::{OnceCell, Semaphore};
use url::{Host, Url};

use resolver::{Filter, Lookup, OnlySpecial};

/// The largest document read.
const LARGEST: usize = 64 * 1024;
/// How long a fetch may take, from the wait for its turn to the last byte.
const LONGEST: Duration = Duration::from_secs(5);
/// Fetches at once. More wait.
const MOST_AT_ONCE: usize = 32;
/// The longest URL fetched.
const LONGEST_URL: usize = 2048;

/// A JSON object, and how long its sender says that it holds.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// As it was sent: parsed, it could be many times larger.
    body: Box<[u8]>,
    pub(crate) fresh_for: Option<Duration>,
}

impl Fetched {
    pub(crate) fn members(&self) -> Result<Map<String, Value>, FetchError> {
        serde_json::from_slice(&self.body).map_err(|_| FetchError::NotAnObject)
    }
}

/// Why nothing was fetched. No text repeats the URL or anything of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("it is no absolute URL of at most {LONGEST_URL} printable ASCII characters")]
    NotAUrl,
    #[error("it carries a user name or password")]
    UserInfo,
    #[error("it must be https; http is for loopback alone, and only while the zone itself listens there alone")]
    Scheme,
    #[error("its address is private or special, and this zone fetches nothing from such")]
    SpecialAddress,
    #[error("nothing answers there")]
    Unreachable,
    #[error("it was not there within {} seconds", .longest.as_secs())]
    TooSlow { longest: Duration },
    #[error("it answers with a redirect, which is not followed")]
    Redirect,
    #[error("it answers with status {0}, and 200 is needed")]
    Status(u16),
    #[error("it must be sent as application/json, or as a type that ends with +json")]
    ContentType,
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("it is no JSON object")]
    NotAnObject,
}

/// Fetches documents.
pub(crate) struct Fetcher {
    loopback: bool,
    longest: Duration,
    lookup: Lookup,
    /// Made when first needed: it reads the machine's certificates, which most zones never use.
    client: OnceLock<Result<Client, FetchError>>,
    places: Semaphore,
    /// Of several who want the same URL at once, one asks and all wait for the answer.
    under_way: Mutex<HashMap<Url, Shared>>,
}

type Outcome = Result<Arc<Fetched>, FetchError>;
type Shared = Arc<OnceCell<Outcome>>;

impl Fetcher {
    /// A fetcher that reaches public addresses, and this machine if `loopback`.
    pub(crate) fn new(loopback: bool) -> Self {
        Self::with(loopback, LONGEST, resolver::system())
    }

    fn with(loopback: bool, longest: Duration, lookup: Lookup) -> Self {
        Self {
            loopback,
            longest,
            lookup,
            client: OnceLock::new(),
            places: Semaphore::new(MOST_AT_ONCE),
            under_way: Mutex::default(),
        }
    }

    /// Whether `text` is a URL that would be fetched, as far as that can be told from the text.
    pub(crate) fn check(&self, text: &str) -> Result<Url, FetchError> {
        if text.len() > LONGEST_URL || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(FetchError::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| FetchError::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::UserInfo);
        }
        // A resolver is never asked about a literal, so those are judged here.
        let literal = match url.host() {
            None => return Err(FetchError::NotAUrl),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        };
        let is_this_machine = match literal {
            Some(ip) => ip.to_canonical().is_loopback(),
            None => matches!(url.host_str(), Some("localhost" | "localhost.")),
        };
        if literal.is_some_and(|ip| !address::is_permitted(ip, self.loopback)) {
            return Err(FetchError::SpecialAddress);
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_this_machine && self.loopback => Ok(url),
            _ => Err(FetchError::Scheme),
        }
    }

    /// The JSON object at this URL.
    pub(crate) async fn fetch(&self, url: &str) -> Outcome {
        let url = self.check(url)?;
        let asked = self.join(&url);
        asked.cell.get_or_init(|| self.fetch_alone(&url)).await.clone()
    }

    fn join(&self, url: &Url) -> Asked<'_> {
        let cell = Arc::clone(self.under_way().entry(url.clone()).or_default());
        Asked { fetcher: self, url: url.clone(), cell }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Url, Shared>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch_alone(&self, url: &Url) -> Outcome {
        let fetching = async {
            // The semaphore is never closed.
            let _place = self.places.acquire().await.map_err(|_| FetchError::Unreachable)?;
            self.ask(url).await.map(Arc::new)
        };
        tokio::time::timeout(self.longest, fetching).await.unwrap_or(Err(FetchError::TooSlow { longest: self.longest }))
    }

    async fn ask(&self, url: &Url) -> Result<Fetched, FetchError> {
        let request = self.client()?.get(url.clone()).header(ACCEPT, "application/json");
        let mut response = request.send().await.map_err(|error| why(&error))?;
        match response.status() {
            status if status.is_redirection() => return Err(FetchError::Redirect),
            status if status.as_u16() != 200 => return Err(FetchError::Status(status.as_u16())),
            _ => {}
        }
        if !is_json(response.headers()) {
            return Err(FetchError::ContentType);
        }
        let fresh_for = freshness::lifetime(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| why(&error))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let fetched = Fetched { body: body.into(), fresh_for };
        fetched.members().map(|_| fetched)
    }

    fn client(&self) -> Result<&Client, FetchError> {
        let filter = || Filter { lookup: Arc::clone(&self.lookup), loopback: self.loopback };
        let made = self.client.get_or_init(|| {
            Client::builder()
                .dns_resolver(Arc::new(filter()))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .retry(reqwest::retry::never())
                .pool_max_idle_per_host(0)
                .user_agent(concat!("mock-zone/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| {
                    tracing::error!(error = &error as &dyn std::error::Error, "nothing can be fetched");
                    FetchError::Unreachable
                })
        });
        made.as_ref().map_err(Clone::clone)
    }
}

/// One who waits for a URL. The last to leave, or the first to leave with an answer, clears the place.
struct Asked<'a> {
    fetcher: &'a Fetcher,
    url: Url,
    cell: Shared,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut under_way = self.fetcher.under_way();
        let is_mine = under_way.get(&self.url).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
        // Two: the map's own and this one.
        if is_mine && (self.cell.initialized() || Arc::strong_count(&self.cell) == 2) {
            under_way.remove(&self.url);
        }
    }
}

fn why(error: &reqwest::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<OnlySpecial>() {
            return FetchError::SpecialAddress;
        }
        cause = error.source();
    }
    FetchError::Unreachable
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    let essence = essence.unwrap_or("").trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests;
