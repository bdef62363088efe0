//! The control plane, as a test suite drives it.

use mock_zone::{Config, MintToken, MockZone, SigningChoice};

use crate::support::{Zone, decoded, text};
use reqwest::StatusCode;
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
    // OpenID Connect Discovery requires these of what is an OpenID provider configuration too.
    assert_eq!(metadata["subject_types_supported"], json!(["public"]));
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["RS256"]));

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

#[tokio::test]
async fn keys_rotate_and_retire() {
    let zone = Zone::start().await;
    let kids = async |zone: &Zone| -> Vec<String> {
        let jwks = zone.json("/openidconnect/jwks").await;
        jwks["keys"].as_array().unwrap().iter().map(|key| text(&key["kid"])).collect()
    };
    let first = kids(&zone).await.remove(0);

    let (status, rotated) = zone.post("/_control/keys/rotate", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{rotated}");
    let second = text(&rotated["kid"]);
    assert_eq!(rotated["previous"], first);
    assert_eq!(kids(&zone).await, [first.clone(), second.clone()]);
    assert_eq!(decoded(&zone.minted(json!({"defaults": true})).await).0["kid"], second);

    let (status, _) = zone.post(&format!("/_control/keys/{first}/retire"), json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(kids(&zone).await, std::slice::from_ref(&second));
    let (status, refusal) = zone.post(&format!("/_control/keys/{second}/retire"), json!({})).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::CONFLICT, &json!("active_key")));
    let (status, refusal) = zone.post("/_control/keys/none/retire", json!({})).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::NOT_FOUND, &json!("unknown_key")));
}

#[tokio::test]
async fn the_list_of_requests_says_who_asked_for_what_and_no_query() {
    let zone = Zone::start().await;
    zone.http.get(zone.at("/openidconnect/jwks?key=SECRET")).header("user-agent", "a verifier").send().await.unwrap();
    zone.get("/no/such/path").await;

    let list = zone.json("/_control/requests").await;
    let requests = list["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2, "{list}");
    assert_eq!(requests[0]["path"], "/openidconnect/jwks");
    assert_eq!(requests[0]["method"], "GET");
    assert_eq!(requests[0]["user_agent"], "a verifier");
    assert_eq!((&requests[0]["status"], &requests[1]["status"]), (&json!(200), &json!(404)));
    assert!(!list.to_string().contains("SECRET"), "{list}");

    let rest = zone.json("/_control/requests?after=1&path=/no/such/path").await;
    assert_eq!(rest["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_keys() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let keys = zone.text("/openidconnect/jwks").await;

    let (status, _) = zone.post("/_control/reset", json!({})).await;

    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(zone.events().await, Vec::<Value>::new());
    let (status, refusal) = zone.redeem(&client_id, &code).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    assert_eq!(zone.text("/openidconnect/jwks").await, keys);
}

#[tokio::test]
async fn tokens_are_minted_and_keys_changed_in_rust_too() {
    let zone = MockZone::start(Config::default()).await.unwrap();
    let mut order = MintToken::as_issued().user("bob@example.com").resource("http://localhost:8000/mcp").scope("a b");
    order = order.client_id("somebody").claim("extra", 1).without_claim("jti").header("typ", "JWT");
    let (header, claims) = decoded(&zone.mint(order).await.unwrap());
    assert_eq!(header["typ"], "JWT");
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!("http://localhost:8000/mcp"), &json!("a b")));
    assert_eq!((&claims["client_id"], &claims["extra"]), (&json!("somebody"), &json!(1)));
    assert!(claims["jti"].is_null());

    let nothing = MintToken::raw(b"{", b"\xff").sign(SigningChoice::Nothing);
    assert_eq!(zone.mint(nothing).await.unwrap(), "ew._w.");
    let empty = zone.mint(MintToken::default()).await.unwrap();
    assert_eq!(decoded(&empty).1, json!({}));
    let wrong = MintToken::as_issued().user("nobody@example.com");
    assert!(zone.mint(wrong).await.unwrap_err().message().contains("alice@example.com"));

    let first = text(&decoded(&empty).0["kid"]);
    let second = zone.rotate_keys().await.unwrap();
    assert_eq!(decoded(&zone.mint(MintToken::as_issued()).await.unwrap()).0["kid"], second);
    zone.retire_key(&first).await.unwrap();
    assert_eq!(zone.retire_key(&second).await.unwrap_err().code(), "active_key");
    let third = zone.publish_key().await.unwrap();
    assert_eq!(decoded(&zone.mint(MintToken::as_issued()).await.unwrap()).0["kid"], second);
    zone.retire_key(&third).await.unwrap();
    let token = zone.mint(MintToken::as_issued()).await.unwrap();
    zone.revoke_token(&token);
}
