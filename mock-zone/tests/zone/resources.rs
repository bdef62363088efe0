//! Several resources in one request (RFC 8707): the first is `aud`, the others `target`; a token can be had for fewer.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, RESOURCE, Zone, decoded, query, redemption, text};

const OTHER: &str = "http://localhost:8000/mcp";
const THIRD: &str = "http://localhost:7000/mcp";

async fn zone() -> Zone {
    let zone = Zone::start().await;
    assert!(zone.post("/_control/resources", json!({"identifier": THIRD})).await.0.is_success());
    zone
}

/// What a token is for.
fn audience(tokens: &Value) -> (Value, Value) {
    let (_, claims) = decoded(&text(&tokens["access_token"]));
    (claims["aud"].clone(), claims["target"].clone())
}

fn for_both(client_id: &str) -> AuthorizeRequest {
    AuthorizeRequest::new(client_id).and("resource", OTHER).and("resource", RESOURCE)
}

#[tokio::test]
async fn the_first_resource_is_the_audience_and_the_others_are_its_targets() {
    let zone = zone().await;
    let client_id = zone.public_client().await;

    let tokens = zone.signed_in(&for_both(&client_id)).await;
    assert_eq!(audience(&tokens), (json!(RESOURCE), json!([OTHER])));

    let one = zone.signed_in(&AuthorizeRequest::new(&client_id).and("resource", RESOURCE)).await;
    assert_eq!(audience(&one), (json!(RESOURCE), Value::Null));
}

#[tokio::test]
async fn a_token_can_be_had_for_each_resource_that_was_granted_and_for_no_other() {
    let zone = zone().await;
    let client_id = zone.public_client().await;
    let redirect = Browser::new(&zone).sign_in(&for_both(&client_id)).await;
    let code = &query(&redirect)["code"];
    let mut form = redemption(&client_id, code);
    form.push(("resource", OTHER));

    let (status, tokens) = zone.token(&form).await;

    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(audience(&tokens), (json!(OTHER), Value::Null));
    assert_eq!(zone.last_event().await["resource"], OTHER);

    let refresh = async |token: &Value, resources: &[&str]| {
        let token = text(&token["refresh_token"]);
        let mut form =
            vec![("grant_type", "refresh_token"), ("client_id", client_id.as_str()), ("refresh_token", token.as_str())];
        form.extend(resources.iter().map(|resource| ("resource", *resource)));
        zone.token(&form).await
    };
    let (_, whole) = refresh(&tokens, &[]).await;
    assert_eq!(audience(&whole), (json!(RESOURCE), json!([OTHER])));
    let (_, turned) = refresh(&whole, &[OTHER, RESOURCE, OTHER]).await;
    assert_eq!(audience(&turned), (json!(OTHER), json!([RESOURCE])));
    for beyond in [&[THIRD][..], &[RESOURCE, THIRD]] {
        let (status, refusal) = refresh(&turned, beyond).await;
        assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_target")), "{refusal}");
    }
    // What was refused did not cost the refresh token.
    let (status, narrow) = refresh(&turned, &[RESOURCE]).await;
    assert_eq!((status, audience(&narrow)), (StatusCode::OK, (json!(RESOURCE), Value::Null)));
}

#[tokio::test]
async fn an_application_gets_the_targets_that_it_may_have_and_never_another_audience() {
    let zone = zone().await;
    let (client_id, secret) = zone.application(&[RESOURCE, THIRD]).await;
    let ask = async |resources: &[&str]| {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret.as_str()),
        ];
        form.extend(resources.iter().map(|resource| ("resource", *resource)));
        zone.token(&form).await
    };

    let (status, tokens) = ask(&[THIRD, OTHER, RESOURCE, THIRD]).await;
    assert_eq!((status, audience(&tokens)), (StatusCode::OK, (json!(THIRD), json!([RESOURCE]))));
    let (status, refusal) = ask(&[OTHER, RESOURCE]).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("access_denied")));
    let (status, refusal) = ask(&[RESOURCE, "http://localhost:1/mcp"]).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_target")));
}
