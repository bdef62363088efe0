//! The requests received, filtered, waited for, and without a secret.

use std::time::Duration;

use mock_zone::{Config, Endpoint, MockZone, RequestFilter};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, RESOURCE, VERIFIER, Zone, client, query, text};

async fn listed(zone: &Zone, query: &str) -> Vec<Value> {
    zone.json(&format!("/_control/requests?{query}")).await["requests"].as_array().unwrap().clone()
}

/// The value that a request shows for a field.
fn shown<'a>(request: &'a Value, part: &str, name: &str) -> &'a str {
    let fields = request[part].as_array().unwrap();
    let field = fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("{name} in {request}"));
    field["value"].as_str().unwrap()
}

#[tokio::test]
async fn a_whole_flow_is_listed_without_a_secret() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let redirect = browser.sign_in(&AuthorizeRequest::new(&client_id).but("state", "STATE-SECRET")).await;
    let code = query(&redirect)["code"].clone();
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let refresh = text(&tokens["refresh_token"]);
    let access = text(&tokens["access_token"]);
    zone.refresh(&client_id, &refresh).await;
    let (id, secret) = zone.application(&[RESOURCE]).await;
    let basic = zone.http.post(zone.at("/oauth/2/introspection")).basic_auth(&id, Some(&secret));
    basic.form(&[("token", &access)]).send().await.unwrap();
    zone.http.get(zone.at(&format!("/events?access_token={access}"))).bearer_auth(&access).send().await.unwrap();

    let all = listed(&zone, "").await;

    let text = Value::Array(all.clone()).to_string();
    for secret in [code.as_str(), &refresh, &access, &secret, VERIFIER, "STATE-SECRET", "alice@example.com"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(!text.contains("\"password\",\"value\":\"password"), "{text}");
    let authorize = &listed(&zone, "endpoint=authorize").await[0];
    assert_eq!(shown(authorize, "query", "resource"), RESOURCE);
    assert_eq!(shown(authorize, "query", "state"), "[masked]");
    assert_eq!(authorize["client_id"], client_id);
    let token = &listed(&zone, "endpoint=token&method=post").await[0];
    assert_eq!(shown(token, "body", "grant_type"), "authorization_code");
    assert_eq!(shown(token, "body", "code"), "[masked]");
    assert_eq!(token["token"]["grant_type"], "authorization_code");
    let form = &listed(&zone, "endpoint=login&method=POST").await[0];
    assert_eq!(shown(form, "body", "password"), "[masked]");
    assert!(!form["cookies"].as_array().unwrap().is_empty());
    let introspection = &listed(&zone, "endpoint=introspection").await[0];
    assert_eq!((&introspection["authorization"], &introspection["client_id"]), (&json!("Basic"), &json!(id)));
    let registration = &listed(&zone, "endpoint=registration").await[0];
    assert_eq!(shown(registration, "body", "token_endpoint_auth_method"), "none");
}

#[tokio::test]
async fn the_list_is_filtered() {
    let zone = Zone::start().await;
    let get = |path: &str, user_agent: &str| zone.http.get(zone.at(path)).header("user-agent", user_agent).send();
    get("/openidconnect/jwks", "verifier/1.0").await.unwrap();
    get("/.well-known/openid-configuration", "verifier/1.0").await.unwrap();
    get("/openidconnect/jwks", "other").await.unwrap();
    get("/none", "other").await.unwrap();
    zone.token(&[("grant_type", "client_credentials"), ("client_id", "somebody")]).await;

    for (query, sequences) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("after=3", vec![4, 5]),
        ("endpoint=jwks", vec![1, 3]),
        ("endpoint=jwks&user_agent=verifier", vec![1]),
        ("user_agent=verifier", vec![1, 2]),
        ("path=/none", vec![4]),
        ("method=get&status=404", vec![4]),
        ("method=POST", vec![5]),
        ("client_id=somebody", vec![5]),
        ("client_id=nobody", vec![]),
    ] {
        let came: Vec<u64> =
            listed(&zone, query).await.iter().map(|request| request["sequence"].as_u64().unwrap()).collect();
        assert_eq!(came, sequences, "{query}");
    }
    for (query, says) in [
        ("endpoint=keys", "jwks"),
        ("after=x", "whole number"),
        ("status=99", "status of HTTP"),
        ("method=G%20T", "method of HTTP"),
        ("pat=/", "did you mean `path`"),
    ] {
        let refused = zone.get(&format!("/_control/requests?{query}")).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{query}");
        assert!(refused.text().await.unwrap().contains(says), "{query}");
    }
}

#[tokio::test]
async fn a_request_can_be_waited_for() {
    let zone = Zone::start().await;
    let wanted = json!({"endpoint": "jwks", "status": 200, "count": 2, "timeout_ms": 60_000});

    let (verified, ()) = tokio::join!(zone.post("/_control/requests/verify", wanted), async {
        zone.get("/openidconnect/jwks").await;
        zone.get("/none").await;
        zone.get("/openidconnect/jwks").await;
    });

    let (status, answer) = verified;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["requests"].as_array().unwrap().len(), 2);
    assert_eq!(answer["last"], 3);
}

#[tokio::test]
async fn where_it_does_not_come_what_came_instead_is_said() {
    let zone = Zone::start().await;
    zone.get("/before").await;
    zone.get("/instead").await;

    let wanted = json!({"endpoint": "jwks", "after": 1, "timeout_ms": 1});
    let (status, answer) = zone.post("/_control/requests/verify", wanted).await;

    assert_eq!((status, &answer["error"]), (StatusCode::CONFLICT, &json!("not_received")));
    assert_eq!(answer["message"], "0 of 1 requests came; instead came GET /instead (waited 1 ms)");
    assert_eq!((&answer["expected"], &answer["matching"]), (&json!(1), &json!([])));
    assert_eq!(answer["instead"].as_array().unwrap().len(), 1);
    for (body, says) in [
        (json!({"timeout_ms": 60_001}), "at most 60000"),
        (json!({"count": 0}), "1 to 1000"),
        (json!({"path": 1}), "a string"),
        (json!({"timeout": 1}), "did you mean `timeout_ms`"),
    ] {
        let (status, refusal) = zone.post("/_control/requests/verify", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains(says), "{says:?} in {refusal}");
    }
}

#[tokio::test]
async fn the_same_in_rust() {
    let zone = MockZone::start(Config::default()).await.unwrap();
    let keys = RequestFilter { endpoint: Some(Endpoint::Jwks), ..RequestFilter::default() };
    let http = client();

    let (came, asked) = tokio::join!(
        zone.wait_for_request(&keys, Duration::from_secs(60)),
        http.get(format!("{}/openidconnect/jwks?a=SECRET", zone.url())).send()
    );

    asked.unwrap();
    let came = came.unwrap();
    assert_eq!((came.path.as_str(), came.query[0].value.as_str()), ("/openidconnect/jwks", "[masked]"));
    assert_eq!(zone.requests(&keys).len(), 1);
    let missed = zone.wait_for_requests(&keys, 2, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!((missed.expected, missed.matching.len(), missed.instead.len()), (2, 1, 0));
}
