//! Who may talk to the zone at all: known host names, and no web page on the control plane.

use mock_zone::{Config, Control, Secret};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Zone, answer};

const PATHS: [&str; 14] = [
    "/",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "//.well-known/oauth-authorization-server",
    "/openidconnect/jwks",
    "/oauth/2/authorize",
    "/oauth/2/token",
    "/oauth/2/registration",
    "/login/signin",
    "/events",
    "/_control",
    "/_control/tokens",
    "/_control/requests",
    "/no/such/path",
];

#[tokio::test]
async fn no_path_answers_to_a_host_name_that_is_not_the_zones() {
    let zone = Zone::start().await;

    for path in PATHS {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            for host in ["evil.example", "localhost.evil.example", "192.0.2.1"] {
                let request = zone.http.request(method.clone(), zone.at(path)).header("host", host);
                let (status, refusal) = answer(request).await;
                assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{method} {path} {host}");
                assert_eq!(refusal["error"], "unknown_host");
            }
        }
    }
    let status = zone.http.get(zone.at(PATHS[1])).header("host", "localhost:1").send().await.unwrap().status();
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_metadata_names_the_configured_issuer_whatever_host_was_asked_for() {
    let zone = Zone::start().await;

    let request = zone.http.get(zone.at(PATHS[1])).header("host", "localhost:1");
    let (_, metadata) = answer(request).await;

    assert_eq!(metadata["issuer"], zone.url());
}

#[tokio::test]
async fn the_control_plane_never_answers_a_web_page() {
    let zone = Zone::start().await;

    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", zone.url()),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for request in [
            zone.http.get(zone.at("/_control")),
            zone.http.post(zone.at("/_control/tokens")).json(&json!({"defaults": true})),
            zone.http.post(zone.at("/_control/reset")).json(&json!({})),
            zone.http.delete(zone.at("/_control/faults")),
        ] {
            let (status, refusal) = answer(request.header(name, value)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value}");
            assert_eq!(refusal["error"], "browser_page");
        }
    }
    // A form is all that a page can send without asking first.
    let (status, _) = answer(zone.http.post(zone.at("/_control/reset")).form(&[("a", "b")])).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_control_token_that_is_configured_is_demanded_everywhere() {
    let control = Control::Token(Secret::new("the-control-token"));
    let zone = Zone::with(Config { control, ..Config::default() }).await;

    for path in ["/_control", "/_control/keys", "/_control/requests", "/_control/faults"] {
        let get = || zone.http.get(zone.at(path));
        for request in [
            get(),
            get().bearer_auth("another"),
            get().bearer_auth(""),
            get().basic_auth("the-control-token", None::<&str>),
        ] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
            assert!(!response.text().await.unwrap().contains("the-control-token"));
        }
        let (status, _) = answer(get().bearer_auth("the-control-token")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn without_a_control_plane_there_is_none() {
    let zone = Zone::with(Config { control: Control::Absent, ..Config::default() }).await;

    assert_eq!(zone.get("/_control").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(zone.post("/_control/tokens", json!({})).await.0, StatusCode::NOT_FOUND);
}
