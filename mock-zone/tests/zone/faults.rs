//! Faults on the zone's endpoints, as a test of somebody else's client or server asks for them.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use mock_zone::{Config, Endpoint, Fault, MockZone, WrongBody};

use crate::support::{AuthorizeRequest, Browser, CALLBACK, StoppedClock, Zone, answer, client, query, text};

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
        ("jwks", json!({"error": "a", "json": {}}), StatusCode::BAD_REQUEST, "exactly one of"),
        ("jwks", json!({"error_description": "a", "status": 500}), StatusCode::BAD_REQUEST, "goes with `error`"),
        ("jwks", json!({"slow": {"bytes": 0, "every_ms": 1}}), StatusCode::BAD_REQUEST, "from 1 to"),
        ("jwks", json!({"slow": {"bytes": 1}}), StatusCode::BAD_REQUEST, "two whole numbers"),
        ("jwks", json!({"slow": {"byte": 1}}), StatusCode::BAD_REQUEST, "did you mean `bytes`"),
        ("jwks", json!({"content_type": "a\nb"}), StatusCode::BAD_REQUEST, "a header can carry"),
        ("jwks", json!({"issuer": "http://a"}), StatusCode::BAD_REQUEST, "for discovery"),
        ("jwks", json!({"issuer": "", "status": 500}), StatusCode::BAD_REQUEST, "exactly one of"),
        ("discovery", json!({"issuer": "x".repeat(3000)}), StatusCode::BAD_REQUEST, "1 to 2048 bytes"),
        ("jwks", json!({"close": false}), StatusCode::BAD_REQUEST, "must be true"),
        ("keys", json!({"status": 500}), StatusCode::NOT_FOUND, "discovery, jwks, authorize, token, registration"),
    ] {
        let (answered, refusal) = zone.put(&format!("/_control/faults/{endpoint}"), fault).await;
        assert_eq!(answered, status, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains(says), "{says:?} in {refusal}");
    }
}

#[tokio::test]
async fn every_endpoint_can_be_made_to_fail() {
    let zone = Zone::start().await;
    let cross = [
        ("discovery", Method::GET, "/.well-known/openid-configuration"),
        ("discovery", Method::GET, "//.well-known/oauth-authorization-server"),
        ("jwks", Method::GET, "/openidconnect/jwks"),
        ("authorize", Method::GET, "/oauth/2/authorize"),
        ("token", Method::POST, "/oauth/2/token"),
        ("registration", Method::POST, "/oauth/2/registration"),
        ("introspection", Method::POST, "/oauth/2/introspection"),
        ("login", Method::GET, "/login/signin"),
        ("login", Method::POST, "/login/signin"),
        ("events", Method::GET, "/events"),
    ];
    for (endpoint, method, path) in cross.clone() {
        arm(&zone, endpoint, json!({"status": 503, "times": 1})).await;
        for (_, other, of) in cross.iter().filter(|(name, ..)| *name != endpoint) {
            let elsewhere = zone.http.request(other.clone(), zone.at(of)).send().await.unwrap();
            assert_ne!(elsewhere.status(), StatusCode::SERVICE_UNAVAILABLE, "{other} {of}, with {endpoint}");
        }
        // What the endpoint does not serve, and what comes for another host, does not use it up.
        zone.http.request(Method::DELETE, zone.at(path)).send().await.unwrap();
        zone.http.request(Method::OPTIONS, zone.at(path)).send().await.unwrap();
        zone.http.request(method.clone(), zone.at(path)).header("host", "evil.example").send().await.unwrap();
        let (status, said) = answer(zone.http.request(method.clone(), zone.at(path))).await;
        assert_eq!((status, &said["error"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("fault")), "{method} {path}");
        let after = zone.http.request(method.clone(), zone.at(path)).send().await.unwrap();
        assert_ne!(after.status(), StatusCode::SERVICE_UNAVAILABLE, "{method} {path}");
    }
}

#[tokio::test]
async fn an_oauth_error_is_sent_as_the_endpoint_sends_its_own() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    arm(&zone, "token", json!({"error": "invalid_target", "error_description": "no such thing", "times": 1})).await;
    let (status, refusal) = zone.token(&[]).await;
    assert_eq!(
        (status, refusal),
        (StatusCode::BAD_REQUEST, json!({"error": "invalid_target", "error_description": "no such thing"}))
    );
    arm(&zone, "token", json!({"error": "invalid_client", "times": 1})).await;
    let refused = zone.http.post(zone.at("/oauth/2/token")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    arm(&zone, "token", json!({"error": "temporarily_unavailable", "status": 503, "times": 1})).await;
    assert_eq!(zone.token(&[]).await.0, StatusCode::SERVICE_UNAVAILABLE);

    arm(&zone, "authorize", json!({"error": "access_denied", "error_description": "no"})).await;
    let request = AuthorizeRequest::new(&client_id);
    let sent = Browser::new(&zone).authorize(&request).await;
    assert_eq!(sent.status, StatusCode::FOUND, "{sent:?}");
    assert!(sent.location().starts_with(CALLBACK), "{sent:?}");
    let told = query(sent.location());
    assert_eq!((told["error"].as_str(), told["error_description"].as_str()), ("access_denied", "no"));
    assert_eq!((told["state"].as_str(), told["iss"].as_str()), ("the state", zone.url()));
    // Nor does a fault send anybody where the client did not register.
    let elsewhere = request.but("redirect_uri", "https://evil.example/cb");
    let sent = Browser::new(&zone).authorize(&elsewhere).await;
    assert_eq!((sent.status, sent.location), (StatusCode::BAD_REQUEST, None));
}

#[tokio::test]
async fn the_metadata_can_lie_about_its_issuer_alone() {
    let zone = Zone::start().await;
    let mut right = zone.json("/.well-known/openid-configuration").await;

    arm(&zone, "discovery", json!({"issuer": "http://other.example"})).await;

    right["issuer"] = json!("http://other.example");
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert_eq!(zone.json(path).await, right);
    }
}

#[tokio::test]
async fn a_true_answer_can_come_late_slowly_or_under_another_name() {
    let zone = Zone::start().await;
    for (endpoint, path) in ENDPOINTS {
        let right = zone.text(path).await;

        arm(&zone, endpoint, json!({"content_type": "text/plain"})).await;
        let named = zone.get(path).await;
        assert_eq!(named.headers()["content-type"], "text/plain");
        assert_eq!(named.text().await.unwrap(), right);

        arm(&zone, endpoint, json!({"slow": {"bytes": 100, "every_ms": 1}})).await;
        let mut slow = zone.get(path).await;
        assert_eq!(slow.content_length(), u64::try_from(right.len()).ok());
        let mut came = Vec::new();
        let mut pieces = 0;
        while let Some(piece) = slow.chunk().await.unwrap() {
            came.extend_from_slice(&piece);
            pieces += 1;
        }
        assert_eq!(String::from_utf8(came).unwrap(), right);
        assert!(pieces > 1);

        arm(&zone, endpoint, json!({"status": 500, "delay_ms": 1})).await;
        assert_eq!(zone.get(path).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let shown = &zone.json("/_control/faults").await["faults"][0];
        assert_eq!((&shown["delay_ms"], &shown["status"], &shown["met"]), (&json!(1), &json!(500), &json!(1)));
        zone.delete("/_control/faults").await;
    }
}

#[tokio::test]
async fn an_answer_can_break_off_midway() {
    let zone = Zone::start().await;
    for (endpoint, path) in ENDPOINTS {
        let right = zone.text(path).await;
        arm(&zone, endpoint, json!({"body": "aborted", "times": 1})).await;

        let mut broken = zone.get(path).await;

        assert_eq!(broken.status(), StatusCode::OK);
        assert_eq!(broken.content_length(), u64::try_from(right.len()).ok());
        let mut came = Vec::new();
        let error = loop {
            match broken.chunk().await {
                Ok(Some(piece)) => came.extend_from_slice(&piece),
                Ok(None) => panic!("all of it came"),
                Err(error) => break error,
            }
        };
        assert!(error.is_body() || error.is_decode() || error.is_request(), "{error:?}");
        assert_eq!(came, &right.as_bytes()[..right.len() / 2]);
        assert_eq!(zone.text(path).await, right);
    }
}

#[tokio::test]
async fn an_answer_that_a_fault_replaces_is_given_before_anything_happens() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;

    for body in ["malformed", "html", "empty", "oversized"] {
        arm(&zone, "token", json!({"body": body, "times": 1})).await;
        assert!(zone.redeem(&client_id, &code).await.1["access_token"].is_null(), "{body}");
    }
    let (status, tokens) = zone.redeem(&client_id, &code).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");

    // One that is lost on its way has happened: the refresh token was used.
    arm(&zone, "token", json!({"body": "truncated", "times": 1})).await;
    let refresh = text(&tokens["refresh_token"]);
    assert_eq!(zone.refresh(&client_id, &refresh).await, (StatusCode::OK, Value::Null));
    assert_eq!(zone.refresh(&client_id, &refresh).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn the_same_in_rust() {
    let zone = MockZone::start(Config::default()).await.unwrap();
    let jwks = || client().get(format!("{}/openidconnect/jwks", zone.url())).send();
    let fault = Fault { body: Some(WrongBody::Empty), times: Some(1), ..Fault::default() };

    zone.fault(Endpoint::Jwks, fault).unwrap();
    assert_eq!(jwks().await.unwrap().text().await.unwrap(), r#"{"keys":[]}"#);
    assert_ne!(jwks().await.unwrap().text().await.unwrap(), r#"{"keys":[]}"#);

    let status = Fault { status: Some(500), ..Fault::default() };
    for clear in [MockZone::clear_faults as fn(&MockZone), |zone| zone.clear_fault(Endpoint::Jwks)] {
        zone.fault(Endpoint::Jwks, status.clone()).unwrap();
        assert_eq!(jwks().await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
        clear(&zone);
        assert_eq!(jwks().await.unwrap().status(), StatusCode::OK);
    }
    let refusal = zone.fault(Endpoint::Jwks, Fault { times: Some(0), ..status }).unwrap_err();
    assert_eq!(refusal.code(), "invalid_request");
}
