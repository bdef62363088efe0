//! Clients that run in a browser: which endpoints answer a page of another origin, and that none takes its cookies.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{AuthorizeRequest, Zone};

const ORIGIN: &str = "https://app.example";

#[tokio::test]
async fn a_page_of_any_origin_may_use_the_protocol() {
    let zone = Zone::start().await;
    for (method, path) in [
        (Method::GET, "/.well-known/oauth-authorization-server"),
        (Method::GET, "/.well-known/openid-configuration"),
        (Method::GET, "/openidconnect/jwks"),
        (Method::POST, "/oauth/2/token"),
        (Method::POST, "/oauth/2/registration"),
        (Method::GET, "/openid/connect/userinfo"),
        (Method::POST, "/openid/connect/userinfo"),
    ] {
        let preflight = zone
            .http
            .request(Method::OPTIONS, zone.at(path))
            .header("origin", ORIGIN)
            .header("access-control-request-method", method.as_str())
            .header("access-control-request-headers", "authorization, content-type, mcp-protocol-version")
            .send()
            .await
            .unwrap();
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT, "{path}");
        let allowed = |name: &str| preflight.headers()[name].to_str().unwrap().to_owned();
        assert!(allowed("access-control-allow-methods").split(", ").any(|allowed| allowed == method.as_str()));
        assert_eq!(allowed("access-control-allow-headers"), "authorization, content-type, mcp-protocol-version");

        // What comes back may be an error: the page must be able to read that too.
        let answer = zone.http.request(method, zone.at(path)).header("origin", ORIGIN).send().await.unwrap();
        assert!(
            answer.status() != StatusCode::FORBIDDEN && answer.status() != StatusCode::METHOD_NOT_ALLOWED,
            "{path}"
        );
        for response in [&preflight, &answer] {
            assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
            assert!(!response.headers().contains_key("access-control-allow-credentials"), "{path}");
        }
        assert_eq!(answer.headers()["access-control-expose-headers"], "www-authenticate");
    }
}

#[tokio::test]
async fn what_a_browser_navigates_to_and_what_tests_use_is_for_no_other_page() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let authorize = format!("/oauth/2/authorize?client_id={}", request.value("client_id"));
    for path in [authorize.as_str(), "/login/signin", "/events", "/_control/keys"] {
        for method in [Method::GET, Method::OPTIONS] {
            let response = zone.http.request(method, zone.at(path)).header("origin", ORIGIN).send().await.unwrap();
            assert!(!response.headers().contains_key("access-control-allow-origin"), "{path}");
        }
    }
}

/// RFC 6749 section 5.1, and the same of errors.
#[tokio::test]
async fn what_holds_a_token_is_never_stored() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let form = crate::support::redemption(&client_id, &code);
    for expected in [StatusCode::OK, StatusCode::BAD_REQUEST] {
        let response = zone.http.post(zone.at("/oauth/2/token")).form(&form).send().await.unwrap();
        assert_eq!(response.status(), expected);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["pragma"], "no-cache");
    }
    let registration = json!({"redirect_uris": [crate::support::CALLBACK]});
    let response = zone.http.post(zone.at("/oauth/2/registration")).json(&registration).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
}
