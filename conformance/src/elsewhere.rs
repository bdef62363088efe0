//! Where the MCP endpoint is, if it is not at the URL that was given: a handful of requests without credentials to the
//! places where it usually is.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use crate::challenge;
use crate::client;
use crate::context::Options;
use crate::discovery::{Discovery, may_be_fetched};
use crate::mcp::{self, Operation, Revision, Session};
use crate::reply::EventEnds;

/// The bound on one look. A place that takes longer is not worth waiting for, since nobody asked for it.
const LOOK_WITHIN: Duration = Duration::from_secs(4);
/// Most of an answer that is read, in bytes.
const READ_AT_MOST: usize = 64 * 1024;
/// Most places that are looked at.
const PLACES: usize = 7;

/// A place at which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The place.
    pub url: Url,
    /// What is there.
    pub what: What,
}

/// What is found at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// 401 with a Bearer challenge.
    Challenge,
    /// An answer in JSON-RPC, without any token.
    JsonRpc,
    /// The transport of MCP 2024-11-05, HTTP with server-sent events, which later revisions replaced.
    OldTransport,
}

impl What {
    /// The same as the end of a sentence that begins with the place.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Challenge => "answers as an MCP endpoint does: 401 with a Bearer challenge",
            Self::JsonRpc => "answers as an MCP endpoint does: with JSON-RPC, though without a token",
            Self::OldTransport => {
                "speaks MCP's old HTTP+SSE transport, which this suite does not: it tests Streamable HTTP"
            }
        }
    }
}

/// What came of looking around.
#[derive(Debug, Default)]
pub struct Looked {
    /// The places, in the order in which they were looked at.
    pub places: Vec<Url>,
    /// Those at which something was found.
    pub found: Vec<Found>,
}

/// Looks at the endpoint that the metadata names, at where a redirect leads, and at the usual paths of the same origin.
pub async fn look(options: &Options, discovery: &Discovery) -> Looked {
    let Some(http) = client(options, false) else { return Looked::default() };
    let places = places(&options.url, discovery);
    let mut looks = JoinSet::new();
    for (order, place) in std::iter::once(options.url.clone()).chain(places.iter().cloned()).enumerate() {
        let http = http.clone();
        looks.spawn(async move { (order, look_at(&http, place, order == 0).await) });
    }
    let mut found = looks.join_all().await;
    found.sort_by_key(|(order, _)| *order);
    Looked { places, found: found.into_iter().filter_map(|(_, found)| found).collect() }
}

/// Whether TLS is spoken at a URL, whoever its certificate is for. Nothing but a GET without credentials is sent.
pub async fn speaks_tls(options: &Options) -> bool {
    let mut url = options.url.clone();
    let port = url.port_or_known_default();
    if url.set_scheme("https").is_err() || url.set_port(port).is_err() {
        return false;
    }
    answers(options, url).await
}

/// Whether HTTP without TLS is spoken at a URL.
pub async fn speaks_plainly(options: &Options) -> bool {
    let mut url = options.url.clone();
    let port = url.port_or_known_default();
    if url.set_scheme("http").is_err() || url.set_port(port).is_err() {
        return false;
    }
    answers(options, url).await
}

async fn answers(options: &Options, url: Url) -> bool {
    let Some(http) = client(options, true) else { return false };
    http.get(url).send().await.is_ok()
}

fn client(options: &Options, any_certificate: bool) -> Option<reqwest::Client> {
    let within = LOOK_WITHIN.min(options.timeout);
    let roots = options.roots.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok());
    let builder = client::builder(options).timeout(within).tls_certs_merge(roots);
    builder.tls_danger_accept_invalid_certs(any_certificate).build().ok()
}

/// The places that are worth a look, beside the endpoint itself.
fn places(endpoint: &Url, discovery: &Discovery) -> Vec<Url> {
    let here = |path: &str| {
        let mut url = endpoint.clone();
        url.set_path(path);
        url.set_query(None);
        url
    };
    let redirected = discovery.anonymous.as_ref().ok().and_then(|reply| reply.header(LOCATION.as_str()));
    let named = discovery.resource().and_then(|resource| Url::parse(&resource).ok());
    let without_slash = endpoint.path().trim_end_matches('/');
    let other_slash =
        if endpoint.path().ends_with('/') { without_slash.to_owned() } else { format!("{without_slash}/") };
    let usual = [other_slash.as_str(), "/mcp", "/mcp/", "/sse", "/"].map(here);
    let beneath = here(&format!("{without_slash}/mcp"));
    let first = redirected.and_then(|to| endpoint.join(to).ok()).into_iter().chain(named);
    let mut places: Vec<Url> = Vec::new();
    for mut place in first.chain(usual).chain([beneath]) {
        place.set_fragment(None);
        if place != *endpoint && !places.contains(&place) && may_be_looked_at(&place, endpoint) {
            places.push(place);
        }
    }
    places.truncate(PLACES);
    places
}

/// What may be fetched, and the same host with TLS, to which servers redirect.
fn may_be_looked_at(place: &Url, endpoint: &Url) -> bool {
    may_be_fetched(place, endpoint) || place.scheme() == "https" && place.host() == endpoint.host()
}

async fn look_at(http: &reqwest::Client, url: Url, is_the_endpoint: bool) -> Option<Found> {
    let found = |what| Some(Found { url: url.clone(), what });
    if !is_the_endpoint {
        let first = mcp::post(&url, &Operation::Initialize, Revision::V2025_11_25, &Session::default());
        let request = http.post(url.clone()).headers(first.headers).body(first.body.unwrap_or_default());
        if let Some((status, headers, body)) = read(request).await {
            if status == StatusCode::UNAUTHORIZED && has_bearer_challenge(&headers) {
                return found(What::Challenge);
            }
            if is_json_rpc(&body) {
                return found(What::JsonRpc);
            }
        }
    }
    // The old transport begins with a GET, and its stream with the address to post to (MCP 2024-11-05, "HTTP with SSE").
    if is_the_endpoint || url.path() == "/sse" {
        let (status, headers, body) = read(http.get(url.clone()).header(ACCEPT, "text/event-stream")).await?;
        let is_stream = headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/event-stream"));
        let is_old = status.is_success() && is_stream && String::from_utf8_lossy(&body).contains("event: endpoint");
        return if is_old { found(What::OldTransport) } else { None };
    }
    None
}

fn has_bearer_challenge(headers: &HeaderMap) -> bool {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    values.filter_map(|value| challenge::parse(&value).ok()).flatten().any(|challenge| challenge.is("Bearer"))
}

/// Whether an answer, or an event of it, is a JSON-RPC message.
fn is_json_rpc(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let is_message = |json: &str| serde_json::from_str::<Value>(json).is_ok_and(|message| message["jsonrpc"] == "2.0");
    is_message(&text) || lines.into_iter().any(is_message)
}

/// Status, headers and the beginning of the body: of a stream, the first event.
async fn read(request: reqwest::RequestBuilder) -> Option<(StatusCode, HeaderMap, Vec<u8>)> {
    let mut response = request.send().await.ok()?;
    let (status, headers) = (response.status(), response.headers().clone());
    let is_stream = headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/event-stream"));
    let (mut body, mut events) = (Vec::new(), EventEnds::default());
    while body.len() < READ_AT_MOST {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        body.extend_from_slice(&chunk);
        if is_stream && events.after(&chunk).is_some() {
            break;
        }
    }
    Some((status, headers, body))
}
