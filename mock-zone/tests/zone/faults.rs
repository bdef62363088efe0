//! Faults on discovery and JWKS, as a test of somebody else's server asks for them.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{StoppedClock, Zone};

const ENDPOINTS: [(&str, &str); 2] =
    [("discovery", "/.well-known/oauth-authorization-server"), ("jwks", "/openidconnect/jwks")];

async fn arm(zone: &Zone, endpoint: &str, fault: Value) {
    let (status, refusal) = zone.put(&format!("/_control/faults/{endpoint}"), fault).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{refusal}");
}

#[tokio::test]
async fn an_endpoint_fails_as_it_was_told_and_answers_again_afterwards() {
    let zone = Zone::start().await;
    for (endpoint, path) in ENDPOINTS {
        let right = zone.text(path).await;

        arm(&zone, endpoint, json!({"status": 503})).await;
        assert_eq!(zone.get(path).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        arm(&zone, endpoint, json!({"delay_ms": 1})).await;
        assert_eq!(zone.text(path).await, right);
        for body in ["malformed", "html", "truncated"] {
            arm(&zone, endpoint, json!({"body": body})).await;
            let wrong = zone.text(path).await;
            assert!(serde_json::from_str::<Value>(&wrong).is_err(), "{body}: {wrong}");
        }
        arm(&zone, endpoint, json!({"body": "empty"})).await;
        let empty = zone.text(path).await;
        assert!(empty.len() < right.len());
        arm(&zone, endpoint, json!({"body": "oversized"})).await;
        let oversized = zone.text(path).await;
        assert_eq!(oversized.len(), 16 * 1024 * 1024);
        assert_eq!(serde_json::from_str::<Value>(&oversized).unwrap(), serde_json::from_str::<Value>(&empty).unwrap());
        let own = json!({"keys": [{"kty": "XYZ", "kid": "odd", "more": [1]}], "issuer": "http://other.example"});
        arm(&zone, endpoint, json!({"json": own})).await;
        assert_eq!(zone.json(path).await, own);
        assert_eq!(zone.json("/_control/faults").await["faults"][0]["json"], own);
        arm(&zone, endpoint, json!({"close": true})).await;
        assert!(zone.http.get(zone.at(path)).send().await.is_err());

        assert_eq!(zone.delete(&format!("/_control/faults/{endpoint}")).await, StatusCode::NO_CONTENT);
        assert_eq!(zone.text(path).await, right);
    }
}

#[tokio::test]
async fn a_fault_for_so_many_times_is_not_used_up_by_a_request_that_reads_nothing() {
    let zone = Zone::start().await;
    for (endpoint, path) in ENDPOINTS {
        arm(&zone, endpoint, json!({"status": 500, "times": 1})).await;

        for _ in 0..3 {
            let head = zone.http.request(Method::HEAD, zone.at(path)).send().await.unwrap();
            assert_eq!(head.status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
        assert_eq!(zone.json("/_control/faults").await["faults"][0]["times"], 1);
        assert_eq!(zone.get(path).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(zone.get(path).await.status(), StatusCode::OK);
        assert_eq!(zone.json("/_control/faults").await["faults"], json!([]));
    }
}

#[tokio::test]
async fn a_fault_for_a_while_ends_by_itself() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    for (endpoint, path) in ENDPOINTS {
        arm(&zone, endpoint, json!({"status": 500, "for_ms": 1000})).await;

        clock.forward(Duration::from_millis(999));
        assert_eq!(zone.get(path).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
        clock.forward(Duration::from_millis(1));
        assert_eq!(zone.get(path).await.status(), StatusCode::OK);
        assert_eq!(zone.json("/_control/faults").await["faults"], json!([]));
    }
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_explained() {
    let zone = Zone::start().await;
    for (endpoint, fault, status, says) in [
        ("jwks", json!({}), StatusCode::BAD_REQUEST, "exactly one of"),
        ("jwks", json!({"status": 500, "close": true}), StatusCode::BAD_REQUEST, "exactly one of"),
        ("jwks", json!({"status": 99}), StatusCode::BAD_REQUEST, "200 to 599"),
        ("jwks", json!({"status": 500, "times": 0}), StatusCode::BAD_REQUEST, "1 or more"),
        ("jwks", json!({"status": 500, "for_ms": 0}), StatusCode::BAD_REQUEST, "from 1 to"),
        ("jwks", json!({"delay_ms": 999_999}), StatusCode::BAD_REQUEST, "at most"),
        ("jwks", json!({"body": "odd"}), StatusCode::BAD_REQUEST, "malformed"),
        ("jwks", json!({"json": []}), StatusCode::BAD_REQUEST, "an object"),
        ("jwks", json!({"statu": 500}), StatusCode::BAD_REQUEST, "did you mean `status`"),
        ("token", json!({"body": "html"}), StatusCode::BAD_REQUEST, "`json`, with its `status`"),
        ("authorize", json!({"status": 500}), StatusCode::NOT_FOUND, "discovery, jwks, token, introspection"),
    ] {
        let (answered, refusal) = zone.put(&format!("/_control/faults/{endpoint}"), fault).await;
        assert_eq!(answered, status, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains(says), "{says:?} in {refusal}");
    }
}
