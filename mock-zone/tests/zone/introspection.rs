//! Introspection: what the zone says of a token, and to whom.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{RESOURCE, Zone, answer};

async fn introspected(zone: &Zone, client: &Value, token: &str) -> (StatusCode, Value) {
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str());
    let request = zone.http.post(zone.at("/oauth/2/introspection")).basic_auth(id, secret);
    answer(request.form(&[("token", token)])).await
}

#[tokio::test]
async fn a_token_is_active_until_it_is_revoked() {
    let zone = Zone::start().await;
    let (_, client) = zone.post("/_control/clients", json!({"name": "Server"})).await;
    let token = zone.minted(json!({"defaults": true, "resource": RESOURCE, "scope": "a b"})).await;

    let (status, active) = introspected(&zone, &client, &token).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&active["active"], &active["scope"], &active["aud"]), (&json!(true), &json!("a b"), &json!(RESOURCE)));

    let (status, _) = zone.post("/_control/tokens/revoke", json!({"token": token})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(introspected(&zone, &client, &token).await, (StatusCode::OK, json!({"active": false})));
}

#[tokio::test]
async fn of_a_token_that_is_not_active_nothing_is_said() {
    let zone = Zone::start().await;
    let (_, client) = zone.post("/_control/clients", json!({"name": "Server"})).await;
    let expired = json!({"defaults": true, "resource": RESOURCE, "claims": {"exp": 1_000_000_000}});
    let foreign = json!({"defaults": true, "resource": RESOURCE, "key": "foreign"});

    for token in [zone.minted(expired).await, zone.minted(foreign).await, "opaque".to_owned()] {
        assert_eq!(introspected(&zone, &client, &token).await, (StatusCode::OK, json!({"active": false})));
    }
}

#[tokio::test]
async fn only_a_client_with_a_secret_is_answered() {
    let zone = Zone::start().await;
    let token = zone.minted(json!({"defaults": true, "resource": RESOURCE})).await;
    let (_, client) = zone.post("/_control/clients", json!({"name": "Server"})).await;

    let wrong = json!({"client_id": client["client_id"], "client_secret": "wrong"});
    for client in [wrong, json!({"client_id": "nobody", "client_secret": "x"})] {
        let (status, refusal) = introspected(&zone, &client, &token).await;
        assert_eq!((status, &refusal["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    }
}
