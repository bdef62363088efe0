//! Clients whose `client_id` is the URL of a document (draft-ietf-oauth-client-id-metadata-document).

use std::time::Duration;

use mock_zone::{Cimd, Clock as _, Config, Control, Ports};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::site::{Key, Site, patched};
use crate::support::{AuthorizeRequest, Browser, CALLBACK, StoppedClock, Zone, client, decoded, redemption, text};

const PATH: &str = "/client.json";

fn document(site: &Site) -> Value {
    json!({"client_id": site.at(PATH), "client_name": "Client with a document", "redirect_uris": [CALLBACK]})
}

/// The page that says why there will be no code. Nobody is sent anywhere.
async fn refusal(zone: &Zone, client_id: &str) -> String {
    let shown = Browser::new(zone).authorize(&AuthorizeRequest::new(client_id)).await;
    assert_eq!((shown.status, &shown.location), (StatusCode::BAD_REQUEST, &None), "{client_id}: {shown:?}");
    zone.last_failure("users:authorize", "invalid_client").await;
    shown.body
}

async fn is_refused(zone: &Zone, client_id: &str, says: &str) {
    let page = refusal(zone, client_id).await;
    assert!(page.contains(says), "{says:?} in {page}");
}

async fn is_known(zone: &Zone, client_id: &str) {
    let shown = Browser::new(zone).authorize(&AuthorizeRequest::new(client_id)).await;
    assert_eq!(shown.status, StatusCode::FOUND, "{shown:?}");
    assert!(shown.location().starts_with("/login/"), "{shown:?}");
}

#[tokio::test]
async fn a_client_that_nobody_registered_signs_a_user_in() {
    let (zone, site) = (Zone::start().await, Site::start().await);
    site.serve(PATH, &document(&site));
    let client_id = site.at(PATH);

    let code = zone.code(&client_id).await;
    let (status, answer) = zone.redeem(&client_id, &code).await;

    assert_eq!(status, StatusCode::OK, "{answer}");
    let (_, claims) = decoded(&text(&answer["access_token"]));
    assert_eq!((&claims["client_id"], &claims["keycard_app_id"]), (&json!(client_id), &Value::Null));
    let event = zone.last_event().await;
    assert_eq!(event["actor"]["client"], json!({"client_id": client_id, "name": "Client with a document"}));
    let (status, answer) = zone.refresh(&client_id, answer["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    // One document, one request for it.
    assert_eq!(site.asked(PATH), 1);
}

#[tokio::test]
async fn a_document_that_breaks_a_rule_makes_no_client() {
    let (zone, site) = (Zone::start().await, Site::start().await);
    let client_id = site.at(PATH);
    let key = Key::new("k");

    is_refused(&zone, &client_id, "it answers with status 404").await;
    for (patch, says) in [
        (json!({"client_id": null}), "is for another client"),
        (json!({"client_id": site.at("/other.json")}), "is for another client"),
        (json!({"client_id": format!("{client_id}/")}), "is for another client"),
        (json!({"client_id": 1}), "is for another client"),
        (json!({"client_name": null}), "must have a client_name"),
        (json!({"client_name": " "}), "must have a client_name"),
        (json!({"redirect_uris": null}), "redirect_uris is required"),
        (json!({"redirect_uris": []}), "redirect_uris is required"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "redirect_uris[0]: a redirect URI must be"),
        (json!({"redirect_uris": ["http://a.example/cb"]}), "redirect_uris[0]: a redirect URI must be"),
        (json!({"client_secret": "SECRET"}), "holds a client secret"),
        (json!({"client_secret_expires_at": 0}), "holds a client secret"),
        (json!({"token_endpoint_auth_method": "client_secret_basic"}), "none or private_key_jwt"),
        (json!({"token_endpoint_auth_method": "client_secret_post"}), "none or private_key_jwt"),
        (json!({"token_endpoint_auth_method": "client_secret_jwt"}), "none or private_key_jwt"),
        (json!({"token_endpoint_auth_method": 1}), "none or private_key_jwt"),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), "jwks or jwks_uri is required"),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.private()]}}),
            "private or symmetric",
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://10.0.0.1/"}),
            "private or special",
        ),
        (json!({"grant_types": ["client_credentials"]}), "cannot use client_credentials"),
        (json!({"grant_types": []}), "grant_types must hold"),
    ] {
        site.serve(PATH, &patched(document(&site), &patch));
        is_refused(&zone, &client_id, says).await;
        assert!(!refusal(&zone, &client_id).await.contains("SECRET"));
    }
    for (status, headers, body, says) in [
        (200, vec![("content-type", "text/html")], "{}", "must be sent as application/json"),
        (200, vec![("content-type", "application/json")], "[]", "no JSON object"),
        (500, vec![("content-type", "application/json")], "{}", "status 500"),
        (302, vec![("location", "http://169.254.169.254/client.json")], "", "a redirect, which is not followed"),
        (302, vec![("location", PATH)], "", "a redirect, which is not followed"),
    ] {
        site.serve_as(PATH, status, &headers, body);
        is_refused(&zone, &client_id, says).await;
    }

    // None of these was kept.
    site.serve(PATH, &document(&site));
    is_known(&zone, &client_id).await;
}

#[tokio::test]
async fn a_client_id_must_be_a_url_that_may_be_fetched() {
    let (zone, site) = (Zone::start().await, Site::start().await);
    let host = site.at("");
    for (client_id, says) in [
        ("http://169.254.169.254/latest/meta-data".to_owned(), "private or special"),
        ("https://169.254.169.254/client.json".to_owned(), "private or special"),
        ("https://2852039166/client.json".to_owned(), "private or special"),
        ("https://[::ffff:169.254.169.254]/client.json".to_owned(), "private or special"),
        ("https://10.0.0.1/client.json".to_owned(), "private or special"),
        ("http://client.example/client.json".to_owned(), "must be https"),
        ("https://u:SECRET@client.example/client.json".to_owned(), "a user name or password"),
        ("https://client.example".to_owned(), "must have a path"),
        ("https://client.example/a/../client.json".to_owned(), "as URL parsers write it"),
        ("https://client.example/client.json#x".to_owned(), "fragment"),
        (format!("{host}/a/%2e%2e/client.json"), "as URL parsers write it"),
        (format!("https://client.example/{}", "x".repeat(2048)), "at most 2048"),
    ] {
        let page = refusal(&zone, &client_id).await;
        assert!(page.contains(says), "{says:?} in {page}");
        assert!(!page.contains("SECRET"), "{page}");
    }
}

#[tokio::test]
async fn a_document_is_kept_for_as_long_as_it_says_within_bounds() {
    let clock = StoppedClock::new();
    let (zone, site) = (Zone::with_clock(&clock).await, Site::start().await);
    let client_id = site.at(PATH);
    let body = document(&site).to_string();
    let mut asked = 0;

    // (what it says, when it is still kept, when it no longer is)
    for (cache_control, kept, stale) in [
        ("max-age=60", 59, 2),
        ("no-store", 4, 2),
        ("max-age=0", 4, 2),
        ("public", 299, 2),
        ("max-age=99999999", 86_399, 2),
    ] {
        site.serve_as(PATH, 200, &[("content-type", "application/json"), ("cache-control", cache_control)], &body);
        is_known(&zone, &client_id).await;
        asked += 1;
        assert_eq!(site.asked(PATH), asked, "{cache_control}");
        clock.forward(Duration::from_secs(kept));
        is_known(&zone, &client_id).await;
        assert_eq!(site.asked(PATH), asked, "{cache_control}");
        clock.forward(Duration::from_secs(stale));
    }

    // A client that changes or takes back its document is another, or none.
    site.serve(PATH, &patched(document(&site), &json!({"redirect_uris": ["http://localhost/other"]})));
    let shown = Browser::new(&zone).authorize(&AuthorizeRequest::new(&client_id)).await;
    assert!(shown.body.contains("is not registered"), "{shown:?}");
    site.remove(PATH);
    clock.forward(Duration::from_secs(301));
    is_refused(&zone, &client_id, "status 404").await;
    let (_, refusal) = zone.redeem(&client_id, "code").await;
    assert_eq!(refusal["error"], "invalid_client", "{refusal}");
}

#[tokio::test]
async fn the_token_endpoint_learns_a_client_too_and_takes_its_assertion() {
    let clock = StoppedClock::new();
    let (zone, site) = (Zone::with_clock(&clock).await, Site::start().await);
    let client_id = site.at(PATH);
    let key = Key::new("k");
    site.serve("/jwks.json", &key.jwks());
    let given = [json!({"jwks": key.jwks()}), json!({"jwks_uri": site.at("/jwks.json")})];
    for (n, keys) in given.iter().enumerate() {
        let with_keys = patched(document(&site), &json!({"token_endpoint_auth_method": "private_key_jwt"}));
        site.serve(PATH, &patched(with_keys, keys));
        clock.forward(Duration::from_secs(301));
        let code = zone.code(&client_id).await;
        clock.forward(Duration::from_secs(10));

        let (_, refusal) = zone.redeem(&client_id, &code).await;
        assert!(text(&refusal["error_description"]).contains("must send a client_assertion"), "{refusal}");
        let now = clock.now().as_second();
        let assertion = key.sign(&json!({
            "iss": client_id, "sub": client_id, "aud": zone.url(), "jti": n.to_string(), "exp": now + 60,
        }));
        let mut form = redemption(&client_id, &code);
        form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        form.push(("client_assertion", &assertion));
        let (status, answer) = zone.token(&form).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    site.serve("/second.json", &patched(document(&site), &json!({"client_id": site.at("/second.json")})));
    let (_, refusal) = zone.redeem(&site.at("/second.json"), "code").await;
    assert_eq!(refusal["error"], "invalid_grant", "{refusal}");
    let (_, refusal) = zone.redeem(&site.at("/third.json"), "code").await;
    assert_eq!(refusal["error"], "invalid_client", "{refusal}");
    assert!(text(&refusal["error_description"]).contains("the zone's log says why"), "{refusal}");
    let event = zone.last_failure("credentials:issue", "invalid_client").await;
    assert!(text(&event["message"]).contains("status 404"), "{event}");
}

#[tokio::test]
async fn the_allow_list_says_whose_documents_are_read() {
    let site = Site::start().await;
    site.serve(PATH, &document(&site));
    let client_id = site.at(PATH);
    let zone = async |enabled: bool, allowed: &[&str]| {
        let allowed_client_ids = allowed.iter().map(|entry| (*entry).to_owned()).collect();
        Zone::with(Config { cimd: Cimd { enabled, allowed_client_ids }, ..Config::default() }).await
    };
    let supported = async |zone: &Zone| {
        zone.json("/.well-known/oauth-authorization-server").await["client_id_metadata_document_supported"].clone()
    };

    let exact = zone(true, &[&client_id]).await;
    assert_eq!(supported(&exact).await, true);
    is_known(&exact, &client_id).await;
    let other = zone(true, &["https://_.example.com"]).await;
    is_refused(&other, &client_id, "allows no client metadata document").await;
    let none = zone(false, &["_"]).await;
    assert_eq!(supported(&none).await, false);
    is_refused(&none, &client_id, "no client is registered").await;
    assert_eq!(site.asked(PATH), 1);
}

#[tokio::test]
async fn this_machine_is_reached_by_the_switch_alone() {
    let site = Site::start().await;
    site.serve(PATH, &document(&site));
    let zone = Zone::with(Config { fetch_loopback: Some(false), ..Config::default() }).await;

    is_refused(&zone, &site.at(PATH), "private or special").await;
    is_refused(&zone, &site.at(PATH).replace("127.0.0.1", "localhost"), "must be https").await;
    assert_eq!(site.asked(PATH), 0);
}

#[tokio::test]
async fn a_zone_that_others_can_reach_fetches_nothing_from_its_own_machine() {
    let site = Site::start().await;
    site.serve(PATH, &document(&site));
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/oauth/2/authorize", listener.local_addr().unwrap().port());
    let config = Config { control: Control::Absent, ..Config::default() };
    let serving = tokio::spawn(mock_zone::serve(vec![listener], config, Ports::system(), std::future::pending()));

    let response = client().get(url).query(&[("client_id", site.at(PATH))]).send().await.unwrap();

    assert!(response.text().await.unwrap().contains("private or special"));
    assert_eq!(site.asked(PATH), 0);
    serving.abort();
}

#[tokio::test]
async fn an_entry_that_allows_nobody_makes_no_zone() {
    let cimd = Cimd { enabled: true, allowed_client_ids: vec!["*.example.com".to_owned()] };
    let refused = mock_zone::MockZone::start(Config { cimd, ..Config::default() }).await.unwrap_err();

    assert!(refused.to_string().contains("allows no client_id"), "{refused}");
}
