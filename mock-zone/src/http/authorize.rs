//! `GET /oauth/2/authorize`: to the client with a code, to the sign-in page, or to the client with an error.

use axum::extract::{ConnectInfo, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::cookies::Cookie;
use super::source::Sender;
use super::{Shared, error, flow, pages};
use crate::audit::Source;
use crate::listen::Peer;
use crate::zone::authorize::{AuthorizeError, AuthorizeRefusal};
use crate::zone::flow::Next;
use crate::zone::parameters::Parameters;
use crate::zone::sign_in::Visitor;

/// The longest query read: part of it is kept while the user signs in.
const LONGEST_QUERY: usize = 16 * 1024;

/// Answers an authorization request.
pub(super) async fn begin(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Sender(source): Sender,
    headers: HeaderMap,
) -> Response {
    let zone = &app.zone;
    let query = query.unwrap_or_default();
    if query.len() > LONGEST_QUERY {
        return refused(&zone.refuse_unread(AuthorizeError::TooLong { longest: LONGEST_QUERY }, &source));
    }
    let parameters = Parameters::parse(query.as_bytes());
    if let Err(error) = zone.learn(&parameters).await {
        return refused(&zone.refuse_unread(error.into(), &source));
    }
    let request = match zone.consider(&parameters, &source) {
        Ok(request) => request,
        Err(refusal) => return refused(&refusal),
    };
    // One browser may have several flows open, so a value that it has already is kept; an empty one tells nobody apart.
    let browser = Cookie::Browser.read(zone, &headers).filter(|value| !value.is_empty());
    let browser = browser.unwrap_or_else(|| zone.draw_secret());
    let session = Cookie::Session.read(zone, &headers);
    let visitor = Visitor {
        browser: &browser,
        session: session.as_deref(),
        is_seen: is_navigation(&headers),
        is_local: peer.is_local(),
    };
    let advance = match zone.begin(request, visitor, &source) {
        Ok(advance) => advance,
        Err(refusal) => return refused(&refusal),
    };
    let response = flow::advance(zone, StatusCode::FOUND, &advance);
    match advance.next {
        Next::Client(_) => response,
        Next::Page(..) => flow::with_cookie(response, &Cookie::Browser.write(zone, &browser)),
    }
}

/// Answers every method but GET. HEAD too: it would mint a code that its sender never sees.
pub(super) async fn only_get() -> Response {
    let mut response = error::plain_error(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "send the authorization request with GET, as a browser that follows a link does",
    );
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    response
}

/// Answers the client with an error that a fault asks for, if the request is one that a client may be answered.
pub(super) fn answer_with_error(app: &Shared, request: &Request, error: &str, description: Option<&str>) -> Response {
    let query = request.uri().query().filter(|query| query.len() <= LONGEST_QUERY).unwrap_or("");
    match app.zone.consider(&Parameters::parse(query.as_bytes()), &Source::default()) {
        Ok(request) => flow::sent(StatusCode::FOUND, &app.zone.error_redirect(&request, error, description)),
        Err(refusal) => refused(&refusal),
    }
}

/// Whether a browser shows the answer to its user. One that says it wants an image, a frame or a script is being
/// used by a page behind the user's back; one that says nothing is old, or no browser.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|destination| destination == "document")
}

fn refused(refusal: &AuthorizeRefusal) -> Response {
    if let Some(redirect) = &refusal.redirect {
        return flow::sent(StatusCode::FOUND, redirect);
    }
    let status = match refusal.error {
        AuthorizeError::TooLong { .. } => StatusCode::URI_TOO_LONG,
        _ => StatusCode::BAD_REQUEST,
    };
    pages::refusal(status, "Authorization refused", &refusal.error.to_string())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use axum::body::Body;
    use axum::http::Request;
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;
    use crate::clock::ControlledClock;
    use crate::http::faults::Faults;
    use crate::http::guard::KnownHosts;
    use crate::http::requests::RequestLog;
    use crate::http::{App, router};
    use crate::zone::Zone;
    use crate::{Config, Control, Issuer, Ports};

    /// Where a browser at `ip` is sent that brings nothing but an authorization request.
    async fn destination(ip: &str) -> String {
        let issuer = Issuer::localhost(9400);
        let config = Config { auto_sign_in: Some("alice@example.com".to_owned()), ..Config::default() };
        let zone = Zone::new(config, issuer.clone(), Ports::system()).unwrap();
        let registered = zone
            .register(json!({"redirect_uris": ["http://localhost/cb"], "token_endpoint_auth_method": "none"}))
            .unwrap();
        let app = Arc::new(App {
            zone,
            faults: Faults::default(),
            requests: RequestLog::new(1),
            clock: Arc::new(ControlledClock::new(Ports::system().clock)),
            hosts: KnownHosts::new(&issuer, &[], &[]),
            control: Control::Absent,
        });
        let mut request = Request::get(format!(
            "/oauth/2/authorize?client_id={}&response_type=code&code_challenge_method=S256\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            registered["client_id"].as_str().unwrap(),
        ))
        .header("host", "localhost:9400")
        .body(Body::empty())
        .unwrap();
        request.extensions_mut().insert(ConnectInfo(Peer::at(ip.parse::<IpAddr>().unwrap())));

        let response = router(app).oneshot(request).await.unwrap();

        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn nobody_is_signed_in_automatically_but_from_this_machine() {
        for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(destination(here).await.starts_with("http://localhost/cb?code="), "{here}");
        }
        for elsewhere in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
            assert!(destination(elsewhere).await.starts_with("/login/"), "{elsewhere}");
        }
    }
}
