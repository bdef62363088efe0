//! The ID token: what it says, when there is one, and that it opens nothing.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::hash::{MessageDigest, hash};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, RESOURCE, StoppedClock, Zone, answer, query, text, verified};

fn openid(client_id: &str) -> AuthorizeRequest {
    AuthorizeRequest::new(client_id).but("scope", "openid email reports:read").but("nonce", "the nonce")
}

/// OpenID Connect Core section 3.1.3.6, computed apart from the zone.
fn at_hash(token: &str) -> String {
    let digest = hash(MessageDigest::sha256(), token.as_bytes()).unwrap();
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}

#[tokio::test]
async fn an_id_token_says_who_signed_in_when_and_for_whom() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let client_id = zone.public_client().await;
    let redirect = Browser::new(&zone).sign_in(&openid(&client_id)).await;
    clock.forward(Duration::from_secs(30));

    let (status, tokens) = zone.redeem(&client_id, &query(&redirect)["code"]).await;

    assert_eq!(status, StatusCode::OK, "{tokens}");
    let (header, claims) = verified(&zone, &text(&tokens["id_token"])).await.unwrap();
    let (_, access) = verified(&zone, &text(&tokens["access_token"])).await.unwrap();
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": header["kid"]}));
    assert_eq!(
        claims,
        json!({
            "iss": zone.url(),
            "sub": access["sub"],
            "aud": client_id,
            "iat": 1_800_000_030,
            "exp": 1_800_003_630,
            "auth_time": 1_800_000_000,
            "nonce": "the nonce",
            "at_hash": at_hash(&text(&tokens["access_token"])),
            "sid": access["sid"],
            "email": "alice@example.com",
            "email_verified": true,
        })
    );
    // Each claim that there can be is in the metadata.
    let metadata = zone.json("/.well-known/openid-configuration").await;
    for name in claims.as_object().unwrap().keys() {
        assert!(metadata["claims_supported"].as_array().unwrap().contains(&json!(name)), "{name}");
    }
}

#[tokio::test]
async fn a_claim_is_there_only_if_it_was_asked_for() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = openid(&client_id).but("scope", "openid").without("nonce");

    let tokens = zone.signed_in(&request).await;

    let (_, claims) = verified(&zone, &text(&tokens["id_token"])).await.unwrap();
    for name in ["nonce", "email", "email_verified"] {
        assert_eq!(claims.get(name), None);
    }
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let tokens = zone.signed_in(&openid(&client_id).but("scope", "email openid:not")).await;
    assert_eq!(tokens["id_token"], Value::Null);

    let (application, secret) = zone.application(&[RESOURCE]).await;
    let (status, tokens) = zone
        .token(&[
            ("grant_type", "client_credentials"),
            ("client_id", &application),
            ("client_secret", &secret),
            ("resource", RESOURCE),
            ("scope", "openid"),
        ])
        .await;
    assert_eq!((status, &tokens["id_token"]), (StatusCode::OK, &Value::Null));
}

/// OpenID Connect Core section 12.2.
#[tokio::test]
async fn a_refreshed_id_token_repeats_the_sign_in_without_its_nonce() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let client_id = zone.public_client().await;
    let first = zone.signed_in(&openid(&client_id)).await;
    let (_, before) = verified(&zone, &text(&first["id_token"])).await.unwrap();
    clock.forward(Duration::from_secs(600));

    let (status, second) = zone.refresh(&client_id, &text(&first["refresh_token"])).await;

    assert_eq!(status, StatusCode::OK, "{second}");
    let (_, after) = verified(&zone, &text(&second["id_token"])).await.unwrap();
    let mut expected = before.clone();
    expected["iat"] = json!(1_800_000_600);
    expected["exp"] = json!(1_800_004_200);
    expected["at_hash"] = json!(at_hash(&text(&second["access_token"])));
    expected.as_object_mut().unwrap().remove("nonce");
    assert_eq!(after, expected);

    let (status, narrow) = zone
        .token(&[
            ("grant_type", "refresh_token"),
            ("client_id", &client_id),
            ("refresh_token", &text(&second["refresh_token"])),
            ("scope", "reports:read"),
        ])
        .await;
    assert_eq!((status, &narrow["id_token"]), (StatusCode::OK, &Value::Null));
}

#[tokio::test]
async fn an_id_token_opens_nothing_and_is_exchanged_for_nothing() {
    let zone = Zone::start().await;
    let (client_id, secret) = zone.application(&[]).await;
    // A client whose identifier is that of a resource it provides: the `aud` of its ID tokens names both.
    for identifier in [RESOURCE, &client_id] {
        let (status, _) =
            zone.post("/_control/resources", json!({"identifier": identifier, "application": client_id})).await;
        assert!(status.is_success());
    }
    let redirect = Browser::new(&zone).sign_in(&openid(&client_id)).await;
    let code = &query(&redirect)["code"];
    let mut form = crate::support::redemption(&client_id, code);
    form.push(("client_secret", &secret));
    let (_, tokens) = zone.token(&form).await;
    let id_token = text(&tokens["id_token"]);

    for path in ["/openid/connect/userinfo", "/events"] {
        let (status, _) = answer(zone.http.get(zone.at(path)).bearer_auth(&id_token)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let introspection = zone.http.post(zone.at("/oauth/2/introspection")).basic_auth(&client_id, Some(&secret));
    assert_eq!(answer(introspection.form(&[("token", &id_token)])).await, (StatusCode::OK, json!({"active": false})));
    for kind in ["access_token", "jwt", "id_token"] {
        let (status, refusal) = zone
            .token(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("client_id", &client_id),
                ("client_secret", &secret),
                ("subject_token", &id_token),
                ("subject_token_type", &format!("urn:ietf:params:oauth:token-type:{kind}")),
                ("resource", RESOURCE),
            ])
            .await;
        assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")), "{kind}");
    }
    zone.assert_feed_hides(&[&id_token]).await;
}
