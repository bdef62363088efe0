//! Every algorithm: keys as they are published, tokens as an independent verifier sees them, rotation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_zone::{Config, SigningAlgorithm};
use openssl::hash::{MessageDigest, hash};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Zone, answer, decoded, text, verified};

async fn zone(algorithms: &[SigningAlgorithm]) -> Zone {
    Zone::exactly(Config { signing_algorithms: algorithms.to_vec(), ..Config::default() }).await
}

async fn keys(zone: &Zone) -> Vec<Value> {
    zone.json("/openidconnect/jwks").await["keys"].as_array().unwrap().clone()
}

async fn supported(zone: &Zone) -> Value {
    let oauth = zone.text("/.well-known/oauth-authorization-server").await;
    assert_eq!(oauth, zone.text("/.well-known/openid-configuration").await);
    serde_json::from_str::<Value>(&oauth).unwrap()["id_token_signing_alg_values_supported"].clone()
}

/// `alg`, `kty`, and the lengths of the members that are the key itself, in bytes.
type PublicKey = (&'static str, &'static str, &'static [(&'static str, usize)]);

/// The length of a base64url member, in bytes.
fn bytes(member: &Value) -> usize {
    URL_SAFE_NO_PAD.decode(member.as_str().unwrap()).unwrap().len()
}

#[tokio::test]
async fn each_algorithm_signs_tokens_that_verify_with_the_published_key() {
    for algorithm in SigningAlgorithm::ALL {
        let zone = zone(&[algorithm]).await;
        let alg = algorithm.as_str();
        assert_eq!(supported(&zone).await, json!([alg]));
        let client_id = zone.public_client().await;
        let request = AuthorizeRequest::new(&client_id).without("resource").but("scope", "openid");
        let tokens = zone.signed_in(&request).await;

        let (header, _) = verified(&zone, &text(&tokens["access_token"])).await.unwrap();
        assert_eq!((&header["alg"], &header["typ"]), (&json!(alg), &json!("at+jwt")));
        let (header, claims) = verified(&zone, &text(&tokens["id_token"])).await.unwrap();
        assert_eq!((&header["alg"], &header["typ"]), (&json!(alg), &json!("JWT")));
        let digest = if alg == "EdDSA" { MessageDigest::sha512() } else { MessageDigest::sha256() };
        let digest = hash(digest, text(&tokens["access_token"]).as_bytes()).unwrap();
        assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2]));

        // The zone takes its own, and no other: an altered one, one by a foreign key of the same kind, one that lies.
        let token = text(&tokens["access_token"]);
        let defaults = json!({"defaults": true, "resource": zone.at("/openid/connect/userinfo"), "scope": "openid"});
        let minted = |but: Value| {
            let mut body = defaults.clone();
            body.as_object_mut().unwrap().extend(but.as_object().unwrap().clone());
            zone.minted(body)
        };
        let userinfo =
            async |token: &str| answer(zone.http.get(zone.at("/openid/connect/userinfo")).bearer_auth(token)).await.0;
        let kid = keys(&zone).await[0]["kid"].clone();
        for good in [token.clone(), minted(json!({})).await, minted(json!({"key": {"kid": kid}})).await] {
            assert!(verified(&zone, &good).await.is_some(), "{alg}");
            assert_eq!(userinfo(&good).await, StatusCode::OK, "{alg}");
        }
        let (input, signature) = token.rsplit_once('.').unwrap();
        let zeros = format!("{input}.{}", URL_SAFE_NO_PAD.encode(vec![0; bytes(&json!(signature))]));
        let foreign = minted(json!({"key": "foreign"})).await;
        assert_eq!(decoded(&foreign).0["alg"], alg);
        let other = if alg == "ES256" { "EdDSA" } else { "ES256" };
        for bad in [zeros, foreign, minted(json!({"header": {"alg": other}})).await] {
            assert_eq!(userinfo(&bad).await, StatusCode::UNAUTHORIZED, "{alg}");
        }
    }
}

/// RFC 7518 section 6, RFC 8037 section 2.
#[tokio::test]
async fn the_key_set_holds_each_configured_key_in_its_own_form() {
    let zone = zone(&[
        SigningAlgorithm::Es256,
        SigningAlgorithm::Rs256,
        SigningAlgorithm::EdDsa,
        SigningAlgorithm::Ps256,
        SigningAlgorithm::Es256,
    ])
    .await;
    // Known before any key was made.
    assert_eq!(supported(&zone).await, json!(["ES256", "RS256", "EdDSA", "PS256"]));

    let keys = keys(&zone).await;

    assert_eq!(supported(&zone).await, json!(["ES256", "RS256", "EdDSA", "PS256"]));
    let expected: [PublicKey; 5] = [
        ("ES256", "EC", &[("x", 32), ("y", 32)]),
        ("RS256", "RSA", &[("n", 256), ("e", 3)]),
        ("EdDSA", "OKP", &[("x", 32)]),
        ("PS256", "RSA", &[("n", 256), ("e", 3)]),
        ("ES256", "EC", &[("x", 32), ("y", 32)]),
    ];
    assert_eq!(keys.len(), expected.len());
    for (key, (alg, kty, members)) in keys.iter().zip(expected) {
        assert_eq!((&key["alg"], &key["kty"], &key["use"]), (&json!(alg), &json!(kty), &json!("sig")));
        let curve = match kty {
            "EC" => json!("P-256"),
            "OKP" => json!("Ed25519"),
            _ => Value::Null,
        };
        assert_eq!(key["crv"], curve);
        let common = if curve.is_null() { 4 } else { 5 };
        assert_eq!(key.as_object().unwrap().len(), common + members.len(), "{alg} publishes something else");
        for (name, length) in members {
            assert_eq!(bytes(&key[name]), *length, "{alg} {name}");
        }
        let token = zone.minted(json!({"defaults": true, "key": {"kid": key["kid"]}})).await;
        let (header, _) = verified(&zone, &token).await.unwrap();
        assert_eq!((&header["alg"], &header["kid"]), (&json!(alg), &key["kid"]));
    }
    assert_ne!(keys[0]["kid"], keys[4]["kid"]);
    let active = zone.minted(json!({"defaults": true})).await;
    assert_eq!(decoded(&active).0["kid"], keys[0]["kid"]);
}

#[tokio::test]
async fn no_key_is_published_by_default_that_some_verifiers_choke_on() {
    let keys = keys(&Zone::exactly(Config::default()).await).await;

    assert_eq!(keys.len(), 1);
    assert_eq!((&keys[0]["kty"], &keys[0]["alg"]), (&json!("RSA"), &json!("RS256")));
}

#[tokio::test]
async fn a_rotation_keeps_the_algorithm_unless_it_names_one() {
    let zone = zone(&[SigningAlgorithm::Es256]).await;
    let before = zone.minted(json!({"defaults": true})).await;
    let algs = async || keys(&zone).await.iter().map(|key| text(&key["alg"])).collect::<Vec<_>>();

    assert_eq!(zone.post("/_control/keys/rotate", json!({})).await.0, StatusCode::OK);
    assert_eq!(algs().await, ["ES256", "ES256"]);
    let (status, refusal) = zone.post("/_control/keys/rotate", json!({"alg": "HS256"})).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert!(text(&refusal["message"]).contains("EdDSA"), "{refusal}");

    let (status, added) = zone.post("/_control/keys/rotate", json!({"alg": "EdDSA", "activate": false})).await;
    assert_eq!(status, StatusCode::OK, "{added}");
    assert_eq!(decoded(&zone.minted(json!({"defaults": true})).await).0["alg"], "ES256");
    assert_eq!(supported(&zone).await, json!(["ES256", "EdDSA"]));

    let (status, rotated) = zone.post("/_control/keys/rotate", json!({"alg": "PS256"})).await;
    assert_eq!(status, StatusCode::OK, "{rotated}");
    let after = zone.minted(json!({"defaults": true})).await;
    assert_eq!(decoded(&after).0["alg"], "PS256");
    assert_eq!(supported(&zone).await, json!(["PS256", "ES256", "EdDSA"]));
    for token in [before, after] {
        assert!(verified(&zone, &token).await.is_some());
    }
    let listed = zone.json("/_control/keys").await;
    let listed: Vec<_> = listed["keys"].as_array().unwrap().iter().map(|key| (&key["alg"], &key["active"])).collect();
    assert_eq!(
        listed,
        [
            (&json!("ES256"), &json!(false)),
            (&json!("ES256"), &json!(false)),
            (&json!("EdDSA"), &json!(false)),
            (&json!("PS256"), &json!(true))
        ]
    );

    assert_eq!(
        zone.post(&format!("/_control/keys/{}/retire", text(&added["kid"])), json!({})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(supported(&zone).await, json!(["PS256", "ES256"]));
}
