//! The control plane, as a test suite drives it.

use crate::support::{Zone, decoded};
use serde_json::{Value, json};

#[tokio::test]
async fn discovery_and_jwks_answer_from_the_configuration() {
    let zone = Zone::start().await;
    let oauth = zone.text("/.well-known/oauth-authorization-server").await;
    let openid = zone.text("/.well-known/openid-configuration").await;
    let doubled = zone.text("//.well-known/oauth-authorization-server").await;
    assert_eq!(oauth, openid);
    assert_eq!(oauth, doubled);
    let metadata: Value = serde_json::from_str(&oauth).unwrap();
    assert_eq!(metadata["issuer"], zone.url());
    assert_eq!(metadata["jwks_uri"], format!("{}/openidconnect/jwks", zone.url()));

    let jwks = zone.json("/openidconnect/jwks").await;
    let key = &jwks["keys"][0];
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    assert!(key["d"].is_null(), "the private exponent is published");
}

#[tokio::test]
async fn a_suite_recognizes_the_zone() {
    let zone = Zone::start().await;

    let info = zone.json("/_control").await;

    assert_eq!(info["program"], "mock-zone");
    assert_eq!(info["issuer"], zone.url());
    assert_eq!(info["zone_id"].as_str().unwrap().len(), 26);
    assert_eq!(info["users"][0]["email"], "alice@example.com");
    assert_eq!(info["resources"], json!(["http://localhost:8000/mcp", "http://localhost:8080/mcp"]));
}

#[tokio::test]
async fn a_minted_token_has_the_claims_of_an_issued_one() {
    let zone = Zone::start().await;

    let token = zone
        .minted(json!({"defaults": true, "resource": "http://localhost:8080/mcp", "scope": "a b",
                       "claims": {"exp": null, "extra": 1}}))
        .await;

    let (header, claims) = decoded(&token);
    let kid = zone.json("/openidconnect/jwks").await["keys"][0]["kid"].clone();
    assert_eq!(header, json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}));
    assert_eq!(claims["iss"], zone.url());
    assert_eq!(claims["aud"], "http://localhost:8080/mcp");
    assert_eq!(claims["scope"], "a b");
    assert_eq!(claims["sub_profile"], "user");
    assert_eq!(claims["extra"], 1);
    assert!(claims["exp"].is_null());
}

#[tokio::test]
async fn header_and_claims_are_used_exactly_as_given() {
    let zone = Zone::start().await;

    let (header, claims) =
        decoded(&zone.minted(json!({"header": {"alg": "none"}, "claims": {"a": [1]}, "key": "none"})).await);
    assert_eq!(header, json!({"alg": "none"}));
    assert_eq!(claims, json!({"a": [1]}));

    let raw =
        zone.minted(json!({"header_raw": "{\"alg\":\"RS256\",\"alg\":\"none\"}", "payload_base64url": "_w"})).await;
    let parts: Vec<&str> = raw.split('.').collect();
    assert_eq!(parts[0], "eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ");
    assert_eq!(parts[1], "_w");
    assert!(!parts[2].is_empty());
}
