//! Where the browser comes back to: a listener on this machine, for one request (RFC 8252 section 7.3).

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

const PATH: &str = "/callback";
/// How long the browser may take to read its page, once the answer is here.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// A listener that awaits the answer to one authorization request.
#[derive(Debug)]
pub struct Callback {
    listener: TcpListener,
    redirect_uri: String,
}

/// What the handler knows.
struct Awaited {
    redirect_uri: String,
    host: String,
    state: String,
    tell: Mutex<Option<oneshot::Sender<Url>>>,
}

impl Callback {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// The system's.
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let redirect_uri = format!("http://{}{PATH}", listener.local_addr()?);
        Ok(Self { listener, redirect_uri })
    }

    /// What the authorization server is told.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the request with this state; whatever else comes is told that it is not awaited.
    ///
    /// # Errors
    /// The system's, where the listener fails.
    pub async fn answer(self, state: &str) -> io::Result<Url> {
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let host = self.redirect_uri.trim_start_matches("http://").trim_end_matches(PATH).to_owned();
        let tell = Mutex::new(Some(tell));
        let awaited = Arc::new(Awaited { redirect_uri: self.redirect_uri, host, state: state.to_owned(), tell });
        let router = Router::new().fallback(any(page)).with_state(awaited);
        let served = axum::serve(self.listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let served = served.into_future();
        tokio::pin!(served);
        let answer = tokio::select! {
            ended = &mut served => {
                ended?;
                return Err(io::Error::other("the listener ended"));
            }
            told = told => told.map_err(io::Error::other)?,
        };
        let _ = stop.send(());
        let _ = tokio::time::timeout(LAST_PAGE, served).await;
        Ok(answer)
    }
}

/// The page that a browser gets.
async fn page(
    State(awaited): State<Arc<Awaited>>,
    method: Method,
    uri: axum::http::Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    // Another name for this address is a web page's way to read what comes here (DNS rebinding).
    let is_ours = headers.get(header::HOST).is_some_and(|host| host.as_bytes() == awaited.host.as_bytes());
    if !is_ours || method != Method::GET || uri.path() != PATH {
        return text(StatusCode::NOT_FOUND, "There is nothing here.");
    }
    let answer = Url::parse(&format!("{}?{}", awaited.redirect_uri, query.unwrap_or_default()));
    let states = |url: &Url| -> Vec<String> {
        url.query_pairs().filter(|(name, _)| name == "state").map(|(_, value)| value.into_owned()).collect()
    };
    let Some(answer) = answer.ok().filter(|url| states(url) == [awaited.state.as_str()]) else {
        return text(StatusCode::BAD_REQUEST, "This is not the answer to the sign-in that is under way.");
    };
    let tell = awaited.tell.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(tell) = tell {
        let failed = answer.query_pairs().any(|(name, _)| name == "error");
        // Whoever waited may have given up; the page says the same.
        let _ = tell.send(answer);
        let page = if failed { "The sign-in was refused; the terminal says more." } else { "The sign-in is done." };
        return text(StatusCode::OK, &format!("{page} This page can be closed."));
    }
    text(StatusCode::OK, "The sign-in has been answered already. This page can be closed.")
}

/// A page that holds nothing of what was sent, which nothing keeps, and which tells nobody its address.
fn text(status: StatusCode, text: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, format!("<!doctype html><title>conformance</title><p>{text}</p>\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn got(client: &reqwest::Client, url: &str) -> (u16, String) {
        let response = client.get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    #[tokio::test]
    async fn only_the_request_with_our_state_is_the_answer() {
        let callback = Callback::bind().await.unwrap();
        let at = callback.redirect_uri().to_owned();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = tokio::spawn(async move { callback.answer("ours").await });
        for other in [
            at.clone(),
            format!("{at}?state=other&code=x"),
            format!("{at}?state=ours&state=ours&code=x"),
            at.replace("/callback", "/?state=ours&code=x"),
        ] {
            assert!(matches!(got(&client, &other).await.0, 400 | 404), "{other}");
        }
        let posted = client.post(format!("{at}?state=ours&code=x")).send().await.unwrap();
        assert_eq!(posted.status(), 404);
        let head = client.head(format!("{at}?state=ours&code=x")).send().await.unwrap();
        assert_eq!(head.status(), 404);
        let rebound =
            client.get(format!("{at}?state=ours&code=x")).header("host", "evil.example").send().await.unwrap();
        assert_eq!(rebound.status(), 404);
        assert!(!answer.is_finished());

        let (status, page) = got(&client, &format!("{at}?state=ours&code=secret-code")).await;
        assert_eq!(status, 200);
        assert!(page.contains("can be closed") && !page.contains("secret-code"), "{page}");
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.as_str(), format!("{at}?state=ours&code=secret-code"));
        assert!(client.get(&at).send().await.is_err(), "nobody listens any more");
    }
}
