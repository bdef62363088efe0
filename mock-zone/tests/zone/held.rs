//! Sessions, grants, codes and refresh tokens: listed without a secret, and ended now.

use mock_zone::{Config, MockZone, NewClient, NewResource, Selection, UserConfig};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, RESOURCE, Zone, text};

async fn end(zone: &Zone, path: &str, body: Value) -> Value {
    let (status, answer) = zone.post(&format!("/_control/{path}"), body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[tokio::test]
async fn a_session_ends_when_it_is_told_to() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;
    let sessions = zone.json("/_control/sessions").await["sessions"].clone();
    let alice = zone.json("/_control").await["users"][0]["identifier"].clone();
    assert_eq!((sessions.as_array().unwrap().len(), &sessions[0]["user"]), (1, &alice));

    assert_eq!(end(&zone, "sessions/expire", json!({"user": "bob@example.com"})).await["expired"], 0);
    assert!(browser.authorize(&request).await.location().contains("code="));
    assert_eq!(end(&zone, "sessions/expire", json!({"user": "alice@example.com"})).await["expired"], 1);

    let sent = browser.authorize(&request).await;
    assert!(sent.location().starts_with("/login/"), "{sent:?}");
    assert_eq!(zone.json("/_control/sessions").await["sessions"], json!([]));
}

#[tokio::test]
async fn a_grant_ends_when_it_is_told_to() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut refresh = Vec::new();
    for _ in 0..2 {
        let code = zone.code(&client_id).await;
        refresh.push(text(&zone.redeem(&client_id, &code).await.1["refresh_token"]));
    }
    let grants = zone.json("/_control/grants").await;
    for secret in &refresh {
        assert!(!grants.to_string().contains(secret), "{grants}");
    }
    let grants = grants["grants"].as_array().unwrap();
    assert_eq!(grants.len(), 2);
    assert_eq!((&grants[0]["resource"], &grants[0]["client_id"]), (&json!(RESOURCE), &json!(client_id)));
    assert_eq!(grants[0]["revoked"], false);
    assert!(grants[0]["refresh_expires_at"].is_string());
    let first = refresh[0].split('.').next().unwrap();

    assert_eq!(end(&zone, "grants/revoke", json!({"grant_id": first})).await["revoked"], 1);
    assert_eq!(end(&zone, "grants/revoke", json!({"grant_id": first})).await["revoked"], 0);

    assert_eq!(zone.refresh(&client_id, &refresh[0]).await.1["error"], "invalid_grant");
    assert_eq!(zone.refresh(&client_id, &refresh[1]).await.0, StatusCode::OK);
    let rest = json!({"user": "alice@example.com", "resource": RESOURCE});
    assert_eq!(end(&zone, "grants/revoke", rest).await["revoked"], 1);
}

#[tokio::test]
async fn codes_and_refresh_tokens_expire_when_they_are_told_to() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let other = zone.public_client().await;
    let (code, others) = (zone.code(&client_id).await, zone.code(&other).await);

    assert_eq!(end(&zone, "codes/expire", json!({"client_id": client_id})).await["expired"], 1);

    assert_eq!(zone.redeem(&client_id, &code).await.1["error"], "invalid_grant");
    let (status, tokens) = zone.redeem(&other, &others).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(end(&zone, "refresh_tokens/expire", json!({"all": true})).await["expired"], 1);
    let refresh = text(&tokens["refresh_token"]);
    assert_eq!(zone.refresh(&other, &refresh).await.1["error"], "invalid_grant");
    // Not even by putting the clock back.
    zone.put("/_control/clock", json!({"now": "1990-01-01T00:00:00Z"})).await;
    assert_eq!(zone.refresh(&other, &refresh).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn whose_they_are_must_be_said() {
    let zone = Zone::start().await;
    for (path, body, says) in [
        ("sessions/expire", json!({}), "\"all\": true"),
        ("grants/revoke", json!({"user": null}), "\"all\": true"),
        ("grants/revoke", json!({"all": true, "user": "alice@example.com"}), "instead"),
        ("codes/expire", json!({"user": "carol@example.com"}), "alice@example.com"),
        ("sessions/expire", json!({"client_id": "a"}), "unknown member"),
        ("refresh_tokens/expire", json!({"grant": "a"}), "did you mean `grant_id`"),
    ] {
        let (status, refusal) = zone.post(&format!("/_control/{path}"), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains(says), "{says:?} in {refusal}");
    }
}

#[tokio::test]
async fn the_same_in_rust() {
    let zone = MockZone::start(Config::default()).await.unwrap();
    let everyone = Selection::default;

    let carol = zone.add_user(&UserConfig::new("carol@example.com", "secret")).unwrap();
    assert_eq!(zone.add_user(&UserConfig::new("carol@example.com", "secret")).unwrap_err().code(), "taken");
    let new = NewResource { identifier: "http://localhost:1/mcp".to_owned(), ..NewResource::default() };
    assert!(zone.put_resource(new.clone()).unwrap());
    assert!(!zone.put_resource(new.clone()).unwrap());
    let named = |resource: &str| NewClient {
        name: "An application".to_owned(),
        resources: vec![resource.to_owned()],
        ..NewClient::default()
    };
    let client = zone.add_client(named(&new.identifier)).unwrap();
    assert!(!format!("{client:?}").contains(client.client_secret.reveal()));
    assert!(zone.add_client(named("http://none")).unwrap_err().to_string().contains("has no resource"));

    assert_eq!((zone.sessions(), zone.grants()), (Vec::new(), Vec::new()));
    assert_eq!(zone.expire_sessions(Selection { user: Some(carol), ..everyone() }).unwrap(), 0);
    let of_a_client = Selection { client_id: Some(client.client_id), ..everyone() };
    assert!(zone.expire_sessions(of_a_client.clone()).unwrap_err().to_string().contains("says nothing of sessions"));
    assert_eq!(zone.revoke_grants(of_a_client.clone()).unwrap(), 0);
    assert_eq!(zone.expire_codes(of_a_client.clone()).unwrap(), 0);
    assert_eq!(zone.expire_refresh_tokens(of_a_client).unwrap(), 0);
    zone.reset().unwrap();
    assert!(zone.expire_codes(Selection { user: Some("carol@example.com".to_owned()), ..everyone() }).is_err());
}
