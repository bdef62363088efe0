//! Introspection: what the zone says of a token, and to whom.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{CALLBACK, RESOURCE, Zone, answer, text};

async fn introspected(zone: &Zone, client: &Value, token: &str) -> (StatusCode, Value) {
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str());
    let request = zone.http.post(zone.at("/oauth/2/introspection")).basic_auth(id, secret);
    answer(request.form(&[("token", token)])).await
}

/// An application that provides [`RESOURCE`].
async fn provider(zone: &Zone) -> Value {
    let (_, client) = zone.post("/_control/clients", json!({"name": "Server"})).await;
    let resource = json!({"identifier": RESOURCE, "application": client["client_id"]});
    assert_eq!(zone.post("/_control/resources", resource).await.0, StatusCode::OK);
    client
}

#[tokio::test]
async fn a_token_is_active_until_it_is_revoked() {
    let zone = Zone::start().await;
    let client = provider(&zone).await;
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
    let client = provider(&zone).await;
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

#[tokio::test]
async fn a_token_is_spoken_of_to_those_whom_it_concerns() {
    let zone = Zone::start().await;
    let provider = provider(&zone).await;
    let (_, other) = zone.post("/_control/clients", json!({"name": "Other", "resources": [RESOURCE]})).await;
    let stranger = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic"});
    let (status, stranger) = zone.post("/oauth/2/registration", stranger).await;
    assert_eq!(status, StatusCode::CREATED, "{stranger}");
    let token = |claims| zone.minted(json!({"defaults": true, "resource": RESOURCE, "claims": claims}));
    let (of_nobody, for_two) = (token(json!({})).await, token(json!({"aud": ["http://api", RESOURCE]})).await);
    let (elsewhere, for_nothing) = (token(json!({"aud": "http://api"})).await, token(json!({"aud": null})).await);
    let issued = token(json!({"client_id": text(&stranger["client_id"])})).await;

    for (client, token, is_told) in [
        (&provider, &of_nobody, true),
        (&provider, &for_two, true),
        (&provider, &elsewhere, false),
        (&provider, &for_nothing, false),
        (&other, &of_nobody, false),
        (&stranger, &of_nobody, false),
        (&stranger, &for_two, false),
        (&stranger, &issued, true),
    ] {
        let (status, answer) = introspected(&zone, client, token).await;
        assert_eq!((status, &answer["active"]), (StatusCode::OK, &json!(is_told)), "{answer}");
        assert!(is_told || answer == json!({"active": false}), "{answer}");
    }
}
